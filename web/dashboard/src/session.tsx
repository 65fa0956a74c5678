// Who is signed in, and what their key allows.

import { UnauthorizedError } from "@credit-ledger/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext } from "react";
import { ledger } from "./ledger.js";

export type Scope = "read" | "command" | "admin";

export interface Session {
  readonly scope: Scope;
  readonly organization_id?: string | null;
  readonly actor: string;
}

const order: readonly Scope[] = ["read", "command", "admin"];
const queryKey = ["session"];

/** `null`: nobody is signed in. */
export function useSessionQuery() {
  return useQuery({
    queryKey,
    queryFn: async (): Promise<Session | null> => {
      try {
        return await ledger.send<Session>("GET", "/session");
      } catch (error) {
        if (error instanceof UnauthorizedError) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (key: string) => ledger.send<Session>("POST", "/session", { key }),
    onSuccess: (session) => client.setQueryData(queryKey, session),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ledger.send("DELETE", "/session"),
    onSettled: () => {
      client.clear();
      client.setQueryData(queryKey, null);
    },
  });
}

const SessionContext = createContext<Session | undefined>(undefined);

export function SessionProvider({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("nobody is signed in here");
  return session;
}

/** Whether the key has this scope: what it may not do is not offered. */
export function useMay(scope: Scope): boolean {
  return order.indexOf(useSession().scope) >= order.indexOf(scope);
}
