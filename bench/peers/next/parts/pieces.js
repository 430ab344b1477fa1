// The pieces that both pages are made of, with the classes and the text of the site's own templates.
import { data, elapsed, number } from "./data";

export function Icon({ size = 18 }) {
  return (
    <svg className="ax-icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.9" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0" />
      <circle cx="12" cy="12" r="3" />
    </svg>
  );
}

export function Cell({ channel, size = 40, live = true }) {
  return (
    <span className={`ax-cell ax-s${size}`} data-channel="" data-live={live ? "" : undefined} style={{ "--ax-channel-h": channel.hue }} aria-hidden="true">
      <span>{channel.name.trim().slice(0, 1).toUpperCase()}</span>
    </span>
  );
}

export function Art({ channel }) {
  return (
    <span className="ax-art" data-channel="" style={{ "--ax-channel-h": channel.hue }} aria-hidden="true">
      <span className="ax-cell"><span>{channel.name.trim().slice(0, 1).toUpperCase()}</span></span>
    </span>
  );
}

export const LiveBadge = () => <span className="ax-live">Live</span>;

export const Count = ({ channel, compact }) => (
  <ax-live-count data-topic={`viewers:${channel.id}`} data-compact={compact ? "" : undefined}>{number(channel.viewers)}</ax-live-count>
);

export const Uptime = ({ from }) => <time dateTime={from} data-uptime="">{elapsed(from)}</time>;

export function StreamCard({ channel }) {
  return (
    <article className="ax-card" data-channel="" style={{ "--ax-channel-h": channel.hue }}>
      <div className="ax-thumb">
        <Art channel={channel} />
        <div className="ax-thumb__start"><LiveBadge />{data.badges.map((name) => <Part key={name} name={name} />)}</div>
        <div className="ax-thumb__foot">
          <span className="ax-pill ax-pill--media"><Icon size={14} /><span className="ax-hidden">Watching:</span> <Count channel={channel} /></span>
          <span className="ax-pill ax-pill--media"><span className="ax-hidden">Live for</span> <Uptime from={channel.started_at} /></span>
        </div>
      </div>
      <div className="ax-card__body">
        <Cell channel={channel} />
        <div className="ax-card__text">
          <h3 className="ax-card__title"><a href={`/${channel.slug}/live`} dir="auto" lang={channel.language}>{channel.title}</a></h3>
          <p className="ax-card__meta"><b dir="auto">{channel.name}</b>{channel.category && <span className="ax-sep">{channel.category}</span>}</p>
          <p className="ax-card__tags"><span className="ax-tag">{channel.language_name}</span></p>
        </div>
      </div>
    </article>
  );
}

export function VideoCard({ video }) {
  return (
    <article className="ax-card" data-channel="" style={{ "--ax-channel-h": video.channel.hue }}>
      <div className="ax-thumb">
        <Art channel={video.channel} />
        <div className="ax-thumb__foot"><span /><span className="ax-pill ax-pill--media"><span className="ax-hidden">Length</span> {video.length}</span></div>
      </div>
      <div className="ax-card__body">
        <Cell channel={video.channel} live={false} />
        <div className="ax-card__text">
          <h3 className="ax-card__title"><a href={`/videos/${video.id}`} dir="auto">{video.title}</a></h3>
          <p className="ax-card__meta"><b dir="auto">{video.channel.name}</b><span className="ax-sep"><time dateTime={video.at} title={video.exact} data-ago="">{video.when}</time></span></p>
        </div>
      </div>
    </article>
  );
}

export function Part({ name }) {
  return <div data-plugin={name}><p className="ax-muted"><a href={`/p/${name}`}>{name.replace("part", "Part ")}</a> of the benchmark</p></div>;
}

export const Parts = () => data.parts.map((name) => <Part key={name} name={name} />);

function TopBar({ path }) {
  return (
    <header className="ax-topbar">
      <a className="ax-brand" href="/" aria-label="AeThex LIVE, home"><Icon size={28} /><span aria-hidden="true">AeThex</span> <span className="ax-live" aria-hidden="true">Live</span></a>
      <div className="ax-topbar__end">
        <form className="ax-theme" method="post" action="/preferences/theme">
          <input type="hidden" name="next" value={path} readOnly />
          <button className="ax-iconbtn" name="theme" value="light" aria-label="Use the light theme" title="Use the light theme"><Icon /></button>
          <button className="ax-iconbtn" name="theme" value="dark" aria-label="Use the dark theme" title="Use the dark theme"><Icon /></button>
        </form>
        <a className="ax-btn ax-btn--sm ax-btn--ghost" href={`/sign-in?next=${path}`}>Sign in</a>
        <a className="ax-btn ax-btn--sm ax-btn--primary ax-wide" href={`/sign-up?next=${path}`}>Sign up</a>
      </div>
    </header>
  );
}

function Rail() {
  return (
    <div className="ax-rail">
      <nav aria-label="Browse"><ul><li><a className="ax-navlink" href="/" title="Home" aria-current="page"><Icon /><span>Home</span></a></li></ul><Parts /></nav>
      <hr />
      <nav aria-labelledby="rail-1">
        <h2 className="ax-rail__heading" id="rail-1">Live now</h2>
        <ul>{data.live.slice(0, 12).map((channel) => (
          <li key={channel.slug}><a className="ax-railitem" href={`/${channel.slug}/live`} title={channel.name} data-live="">
            <Cell channel={channel} size={36} />
            <span className="ax-railitem__text"><span className="ax-railitem__name" dir="auto">{channel.name}</span>{channel.category && <span className="ax-railitem__note">{channel.category}</span>}</span>
            <span className="ax-railitem__viewers"><i className="ax-dot" /><span className="ax-hidden">Live, watching:</span><Count channel={channel} compact /></span>
          </a></li>
        ))}</ul>
      </nav>
    </div>
  );
}

const KEYS = [["Home", "g", "h"], ["Studio", "g", "s"], ["Play or pause", "k"], ["Sound on or off", "m"], ["Louder, quieter", "↑", "↓"], ["Back and forward in videos", "←", "→"], ["Go to live", "l"], ["Full screen", "f"], ["Theatre mode", "t"], ["Picture in picture", "i"], ["This list", "?"]];

export function Shell({ path, children }) {
  return (
    <>
      <a className="ax-skip" href="#main">Skip to content</a>
      <TopBar path={path} />
      <div className="ax-frame"><Rail /><main className="ax-main" id="main" tabIndex="-1">{children}</main></div>
      <nav className="ax-tabbar" aria-label="Main, at the bottom"><a href="/" aria-current="page"><Icon size={20} />Home</a><a href="/studio"><Icon size={20} />Go live</a></nav>
      <dialog className="ax-dialog" id="ax-confirm" aria-labelledby="ax-confirm-title">
        <h2 id="ax-confirm-title">Are you sure?</h2>
        <p data-text="" />
        <form className="ax-dialog__end" method="dialog"><button className="ax-btn" value="no">Cancel</button><button className="ax-btn ax-btn--danger" value="yes">Yes, go on</button></form>
      </dialog>
      <dialog className="ax-dialog" id="ax-keys" aria-labelledby="ax-keys-h">
        <h2 id="ax-keys-h">Keyboard</h2>
        <ul className="ax-rows">{KEYS.map(([label, ...keys]) => <li key={label}><span className="ax-grow">{label}</span>{keys.map((key) => <kbd className="ax-kbd" key={key}>{key}</kbd>)}</li>)}</ul>
      </dialog>
    </>
  );
}
