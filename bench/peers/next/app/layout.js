export const metadata = { title: "AeThex LIVE" };

export default function Layout({ children }) {
  return <html lang="en" data-theme="dark"><body className="ax-app">{children}</body></html>;
}
