// In place of @clerk/ui: its scripts make one constructor, which is handed to Clerk.load.
window.__internal_ClerkUICtor = class StandInComponents {};
