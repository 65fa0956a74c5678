/** The dashboard's addresses. The server answers each of them with the one page (`api/src/web/mod.rs`). */
export const views = {
  home: { path: "/" },
  signIn: { path: "/sign-in" },
  organizations: { path: "/organizations" },
  organization: { path: "/organizations/:org" },
  organizationView: { path: "/organizations/:org/:view" },
  events: { path: "/events" },
  packages: { path: "/packages" },
  prices: { path: "/prices" },
  projections: { path: "/projections" },
  keys: { path: "/keys" },
} as const;
