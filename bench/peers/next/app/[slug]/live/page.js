// The watch page: player, channel bar, parts of plugins, recent videos.
import { cookies } from "next/headers";
import { notFound } from "next/navigation";
import { data } from "../../../parts/data";
import { Cell, Count, Icon, Parts, Shell, VideoCard } from "../../../parts/pieces";
import { Chat, Player, Share } from "../../../parts/watch";

export const dynamic = "force-dynamic";

export default async function Watch({ params }) {
  await cookies();
  const { slug } = await params;
  const channel = data.live.find((one) => one.slug === slug);
  if (!channel) notFound();
  const path = `/${slug}/live`;
  return (
    <Shell path={path}>
      <div className="ax-watch" data-channel="" style={{ "--ax-channel-h": channel.hue }}>
        <div className="ax-watch__player"><Player channel={channel} /></div>
        <div className="ax-watch__info">
          <div className="ax-chanbar__title"><h1 dir="auto">{channel.title}</h1><span className="ax-watching"><Icon size={16} /><span><Count channel={channel} /> <span className="ax-watching__word">watching</span></span></span></div>
          <div className="ax-chanbar">
            <a className="ax-who" href={`/${slug}`}><Cell channel={channel} size={52} /><span className="ax-who__text"><span className="ax-who__name" dir="auto">{channel.name}</span><span className="ax-row"><span className="ax-tag">{channel.category}</span><span className="ax-tag">{channel.language_name}</span></span></span></a>
            <div className="ax-chanbar__actions"><Parts /><button className="ax-iconbtn ax-iconbtn--fill" type="button" aria-label="Share" title="Share"><Icon /></button></div>
          </div>
          <Parts />
        </div>
        <aside className="ax-watch__chat" id="chat" aria-label="Beside the stream"><Chat slug={slug} /></aside>
        <div className="ax-watch__more">
          <nav className="ax-tabs" aria-label="About this channel"><a href={path} aria-current="page">About</a><a href={`/${slug}/videos`}>Videos</a></nav>
          <section className="ax-about"><p className="ax-prose" dir="auto">{data.about}</p></section>
          <section className="ax-section" aria-labelledby="watch-videos"><div className="ax-section__head"><h2 id="watch-videos">Recent videos</h2></div><div className="ax-grid">{data.videos.filter((video) => video.channel.slug === slug).map((video) => <VideoCard key={video.id} video={video} />)}</div></section>
        </div>
      </div>
      <Share path={path} />
    </Shell>
  );
}
