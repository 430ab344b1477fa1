/**
 * Clerk's component in the page of signing in: mount it, wait for a session, tell its token.
 *
 * The page has the two scripts that Clerk documents; they make `window.Clerk` and the components. This module is all
 * that knows them.
 */
const PATIENCE = 15_000; // ms for the scripts, and for Clerk's first answers

/** What `made` returns, as soon as it is something; the scripts load in whatever order. */
function present(made) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = made();
      if (!found) return;
      removeEventListener("load", look, true);
      clearTimeout(late);
      resolve(found);
    };
    const late = setTimeout(() => {
      removeEventListener("load", look, true);
      reject(new Error("Clerk's scripts did not load"));
    }, PATIENCE);
    addEventListener("load", look, true); // of every script, and of the page
    look();
  });
}

const soon = (promise) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("Clerk did not answer")), PATIENCE)),
  ]);

/** Our colours, as names: so the component changes its theme with the page. */
const APPEARANCE = {
  variables: {
    colorPrimary: "var(--ax-accent)",
    colorPrimaryForeground: "var(--ax-on-accent)",
    colorBackground: "var(--ax-surface-1)",
    colorForeground: "var(--ax-text-1)",
    colorMutedForeground: "var(--ax-text-2)",
    colorNeutral: "var(--ax-text-1)",
    colorInput: "var(--ax-surface-2)",
    colorInputForeground: "var(--ax-text-1)",
  },
};

/** Resolves with the token of whoever is signed in at Clerk; `over`: not of the session that is there now. */
export async function mount(place, { over = false } = {}) {
  const ClerkUI = await present(() => window.__internal_ClerkUICtor);
  const clerk = await present(() => window.Clerk);
  await soon(clerk.load({ ui: { ClerkUI }, appearance: APPEARANCE, telemetry: false }));
  // with a function Clerk does not lead to another page afterwards
  if (over && clerk.session) await soon(clerk.signOut(() => {}));
  const here = location.href.split("#")[0].replace(/[?&]over=1/, "");
  return new Promise((resolve, reject) => {
    let asked = false;
    const tell = async (session) => {
      if (asked || !session) return;
      asked = true;
      try {
        const token = await soon(session.getToken({ skipCache: true }));
        if (!token) throw new Error("Clerk gave no token");
        resolve(token);
      } catch (error) {
        reject(error);
      }
    };
    // at once for who is signed in there already, else when they have done it
    clerk.addListener(({ session }) => tell(session));
    if (asked) return;
    const back = { forceRedirectUrl: here, signUpForceRedirectUrl: here };
    clerk.mountSignIn(place, { routing: "hash", withSignUp: true, ...back });
  });
}
