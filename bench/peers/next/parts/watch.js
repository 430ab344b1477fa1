// What only the watch page has: player, chat, the dialog of sharing.
import { Art, Icon, LiveBadge, Uptime } from "./pieces";

const WORDS = JSON.stringify({
  connecting: "The stream is about to begin.", edge: "live", ended: "The stream has ended.",
  error: "The picture can't be played at the moment.", latency: "{s} s behind", loading: "Loading the picture",
  reconnecting: "The creator's connection dropped. The picture comes back by itself.", retry: "Trying again in {s} s",
});

export function Player({ channel }) {
  const base = `/live/${channel.id}/${channel.id}`;
  return (
    <ax-player class="ax-player" data-live="" data-state="live" data-ll={`${base}/index.m3u8`} data-plain={`${base}/live.m3u8`} data-broadcast={channel.id} data-topic={`channel:${channel.id}`} data-started={channel.started_at} data-strings={WORDS}>
      <Art channel={channel} />
      <media-controller defaultstreamtype="live">
        <video slot="media" playsInline controls preload="none" aria-label={channel.title}><source src={`${base}/live.m3u8`} type="application/vnd.apple.mpegurl" /></video>
        <media-loading-indicator slot="centered-chrome" />
        <media-control-bar>
          <media-play-button /><media-mute-button /><media-volume-range />
          <span className="ax-player__live"><i className="ax-dot" />Live</span>
          <button className="ax-player__btn" type="button" data-act="live" hidden><Icon size={16} />Go to live</button>
          <span className="ax-push" />
          <span className="ax-player__quality" hidden><label className="ax-hidden" htmlFor="quality">Quality</label><select id="quality" hidden><option value="-1">Automatic</option><option value="audio">Sound only</option></select></span>
          <button className="ax-player__btn" type="button" aria-label="Theatre mode" title="Theatre mode (t)"><Icon size={22} /></button>
          <media-pip-button /><media-fullscreen-button />
        </media-control-bar>
      </media-controller>
      <div className="ax-player__top"><span><LiveBadge /></span><span className="ax-pill ax-pill--media"><span className="ax-hidden">Live for</span><Uptime from={channel.started_at} /></span></div>
      <button className="ax-btn ax-player__unmute" type="button" hidden><Icon size={16} />Turn the sound on</button>
      <div className="ax-player__state" role="status">
        <p className="ax-player__message" />
        <button className="ax-btn ax-btn--primary" type="button" hidden><Icon size={16} />Try again</button>
        <a className="ax-btn ax-btn--primary" href={`/${channel.slug}/videos`} hidden><Icon size={16} />Watch the recording</a>
      </div>
    </ax-player>
  );
}

export function Chat({ slug }) {
  return (
    <section className="ax-chat" aria-labelledby="chat-h">
      <h2 id="chat-h">Chat</h2>
      <p className="ax-chat-shield" role="status" hidden><Icon size={14} /><span>Shield mode is on: strict modes hold at the moment.</span></p>
      <div className="ax-chat__log" role="log"><p>Nobody has said anything yet.</p></div>
      <noscript><p>Reload the page to see newer messages.</p></noscript>
      <details><summary>For screen readers</summary><label><input type="checkbox" />Read new messages aloud</label><label><input type="checkbox" />Show the time of messages</label></details>
      <a className="ax-btn" href={`/sign-in?next=/${slug}/live`}>Sign in to chat</a>
      <dialog className="ax-dialog" aria-label="About this person"><div /><button className="ax-btn" type="button">Close</button></dialog>
    </section>
  );
}

export function Share({ path }) {
  return (
    <dialog className="ax-dialog" id="share" aria-labelledby="share-h">
      <h2 id="share-h">Share</h2>
      <label>Link<input readOnly value={path} /></label>
      <label>Code for another site<textarea readOnly value={`<iframe src="/embed${path}"></iframe>`} /></label>
      <a href="/p/sharing">More ways to share</a>
      <button className="ax-btn" type="button">Close</button>
    </dialog>
  );
}
