// The home page: featured channel, live channels, parts of plugins, recent videos.
import { cookies } from "next/headers";
import { data } from "../parts/data";
import { Art, Cell, Count, Icon, LiveBadge, Parts, Shell, StreamCard, VideoCard } from "../parts/pieces";

export const dynamic = "force-dynamic";

export default async function Home() {
  await cookies();
  const [hero] = data.live;
  return (
    <Shell path="/">
      <h1 className="ax-hidden">Live on AeThex</h1>
      <section className="ax-hero" aria-label="Most watched now" style={{ "--ax-channel-h": hero.hue }}>
        <div className="ax-hero__media"><Art channel={hero} /></div>
        <div className="ax-hero__body">
          <div className="ax-hero__top"><LiveBadge /><span className="ax-pill ax-pill--media"><Icon size={14} /><span><Count channel={hero} /> watching</span></span></div>
          <h2 className="ax-hero__title" dir="auto">{hero.title}</h2>
          <a className="ax-who" href={`/${hero.slug}`}><Cell channel={hero} size={44} /><span className="ax-who__text"><span className="ax-who__name" dir="auto">{hero.name}</span><span className="ax-who__note">{hero.language_name}</span></span></a>
          <a className="ax-btn ax-btn--primary ax-btn--lg" href={`/${hero.slug}/live`}><Icon />Watch now</a>
        </div>
        <ul className="ax-hero__next" aria-label="Also live">{data.live.slice(0, 4).map((channel) => (
          <li key={channel.slug}><a href={`/${channel.slug}/live`}><span className="ax-thumb"><Art channel={channel} /></span><span className="ax-who__text"><b className="ax-railitem__name" dir="auto">{channel.name}</b><span className="ax-railitem__note">{channel.viewers}</span></span></a></li>
        ))}</ul>
      </section>
      <section className="ax-section" aria-labelledby="live-now">
        <div className="ax-section__head"><h2 id="live-now">Live now</h2><nav className="ax-chips" aria-label="Categories"><a className="ax-chip" href="/" aria-current="page">All</a>{data.chips.map((name) => <a key={name} className="ax-chip" href={`/?category=${name}`}>{name}</a>)}</nav></div>
        <div className="ax-grid">{data.live.map((channel) => <StreamCard key={channel.slug} channel={channel} />)}</div>
      </section>
      <Parts />
      <section className="ax-section" aria-labelledby="recent-videos">
        <div className="ax-section__head"><h2 id="recent-videos">Recent videos</h2></div>
        <div className="ax-grid">{data.videos.map((video) => <VideoCard key={video.id} video={video} />)}</div>
      </section>
    </Shell>
  );
}
