// Which view an address is, for who is signed in.

import { Empty, Failure, Skeleton } from "@credit-ledger/react";
import { type ReactNode, Suspense, lazy } from "react";
import { Redirect, Route, Switch } from "wouter";
import { SessionProvider, useSession, useSessionQuery } from "./session.js";
import { Shell } from "./shell.js";
import { views } from "./views.js";
import { SignIn } from "./views/sign_in.js";

const Organizations = lazy(() => import("./views/organizations.js"));
const Organization = lazy(() => import("./views/organization.js"));
const Events = lazy(() => import("./views/events.js"));
const Packages = lazy(() => import("./views/packages.js"));
const Prices = lazy(() => import("./views/prices.js"));
const Projections = lazy(() => import("./views/projections.js"));
const Keys = lazy(() => import("./views/keys.js"));

export function App(): ReactNode {
  const session = useSessionQuery();
  if (session.isLoading) return <main className="page"><Skeleton lines={3} /></main>;
  if (session.error !== null) {
    return <main className="page"><Failure error={session.error} retry={() => void session.refetch()} /></main>;
  }
  if (!session.data) return <SignIn />;
  return (
    <SessionProvider session={session.data}>
      <Shell>
        <Suspense fallback={<Skeleton lines={5} height="2rem" />}>
          <Views />
        </Suspense>
      </Shell>
    </SessionProvider>
  );
}

function Views(): ReactNode {
  const own = useSession().organization_id;
  return (
    <Switch>
      <Route path={views.home.path}>{own ? <Redirect to={`/organizations/${own}`} replace /> : <Organizations />}</Route>
      <Route path={views.organizations.path}>
        <Organizations />
      </Route>
      <Route path={views.organization.path}>{({ org }) => <Organization key={org} org={decodeURIComponent(org)} view="overview" />}</Route>
      <Route path={views.organizationView.path}>
        {({ org, view }) => <Organization key={org} org={decodeURIComponent(org)} view={view} />}
      </Route>
      <Route path={views.events.path}>
        <Events />
      </Route>
      <Route path={views.packages.path}>
        <Packages />
      </Route>
      <Route path={views.prices.path}>
        <Prices />
      </Route>
      <Route path={views.projections.path}>
        <Projections />
      </Route>
      <Route path={views.keys.path}>
        <Keys />
      </Route>
      <Route path={views.signIn.path}>
        <Redirect to="/" replace />
      </Route>
      <Route>
        <Empty title="There is no such page" />
      </Route>
    </Switch>
  );
}
