// Generated from docs/openapi.json by `npm run generate -w client`. Not to be edited.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers. */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counters and histograms for Prometheus. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this node may take commands. */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, or whose key it is. */
        get: operations["show_session"];
        put?: never;
        /** Signs in to the dashboard with an API key: a cookie of this site stands for it for twelve hours. */
        post: operations["sign_in"];
        /** Signs out; signing out twice changes nothing. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Runs up to 1,000 commands, each independent of the others.
         * @description Commands of one organization are decided in listed order, organizations concurrently. A command hashes as at its
         *     own endpoint, so a retry may use either.
         */
        post: operations["commands"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/estimates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Estimates what a consumption would cost now, by quantities or by the tokens of a text.
         * @description With an organization it counts that one's use of the month and says what the amount is to its balance; one that is
         *     new is estimated with the bonus that its first command brings. A browser token and a bound key estimate for their own
         *     organization, which they need not name.
         */
        post: operations["create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All events, or those of one organization: a page, or by `Accept` NDJSON or a stream of server-sent events that goes on.
         * @description Events of one partition, and so of one organization, are in order; partitions are mixed in no particular one. The id
         *     of a streamed event is the cursor behind it; `Last-Event-ID` resumes there, on any server. A page of a filtered feed
         *     may be empty before the end: only an unchanged `next_cursor` says that there is no more yet.
         */
        get: operations["feed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists keys, revoked ones included. */
        get: operations["list_keys"];
        put?: never;
        /**
         * Makes a key. Its secret is in the answer and cannot be read again.
         * @description The one POST without an idempotency key: a repeated answer would have to repeat the secret. It appends no event.
         */
        post: operations["create_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a key; it stops working within five seconds. */
        delete: operations["revoke_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Endpoints, oldest first. */
        get: operations["list_notification_endpoints"];
        put?: never;
        /**
         * Makes an endpoint. Its secret is in the answer and cannot be read again.
         * @description It is told of what happens from now on.
         */
        post: operations["create_notification_endpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An endpoint. */
        get: operations["read_notification_endpoint"];
        put?: never;
        post?: never;
        /** Removes an endpoint, with all that it was told or waits for. */
        delete: operations["remove_notification_endpoint"];
        options?: never;
        head?: never;
        /** Changes an endpoint. What waits goes to the new address; what a new filter leaves out is not taken back. */
        patch: operations["change_notification_endpoint"];
        trace?: never;
    };
    "/v1/notification-endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an endpoint was told, newest first. Delivered ones are kept for 7 days, parked ones for 30. */
        get: operations["notification_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a delivery that has ended again, or all parked ones, under the same ids. */
        post: operations["resend_notification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives an endpoint another secret, which is in the answer and cannot be read again.
         * @description The one before signs beside it for a while, so that the receiver can change over: a notification carries a signature
         *     by each.
         */
        post: operations["rotate_notification_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification-endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends the endpoint a notification of type `credits.test`; its delivery tells what came of it. */
        post: operations["test_notification_endpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Organizations by their ids; a key that is bound to one sees that one. As JSON or, by `Accept: text/csv`, as CSV. */
        get: operations["organizations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/adjustments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Corrects a balance, with the reason why. */
        post: operations["adjust"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/auto-recharge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The policy, what is pending, and whether a recharge would be asked for now, or why not. */
        get: operations["read_auto_recharge"];
        /**
         * Sets when credits are bought for an organization, and how many.
         * @description A recharge is asked for in the same transaction as the command that takes the balance below the threshold, and is
         *     charged to the saved card within moments. At most one is in flight.
         */
        put: operations["configure_auto_recharge"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/auto-recharge/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Recharging goes on after it was suspended.
         * @description Where the balance is still below the threshold, the next recharge is asked for at once.
         */
        post: operations["resume_auto_recharge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The organization's figures. */
        get: operations["balance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/browser-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a token for a page that shows one organization's credits.
         * @description It reads the organization's balance, movements, usage, purchases and the packages for sale, follows its stream of
         *     types, sequences and balances, and buys; nothing else. It ends with the key that made it. Tokens are never in a
         *     URL. No idempotency key is taken: a repeated answer would have to repeat the secret.
         */
        post: operations["create_browser_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/browser-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token before its time, as when its user signs out; it stops working within five seconds. */
        delete: operations["revoke_browser_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/checkout-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Opens a page on which the customer buys a package.
         * @description The purchase is pending until the payment has arrived: credits come with it, and not with a return to `success_url`.
         *     The same key answers the same page, also after a timeout.
         */
        post: operations["open_checkout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/commands/{idempotency_key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The outcome of the command with this idempotency key.
         * @description 404 while it is not known, which it may still become: a command in flight has no outcome yet.
         */
        get: operations["command"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/consumptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Spends credits now. */
        post: operations["consume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/consumptions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A consumption and its refunds: the receipt. */
        get: operations["consumption"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/consumptions/{id}/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives credits back to the grants that they came from. */
        post: operations["refund_consumption"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The organization's events in order: a page, or by `Accept` NDJSON or a stream of server-sent events that goes on.
         * @description The id of a streamed event is its sequence; `Last-Event-ID` resumes behind it. A browser token gets the stream only, and
         *     of each event `type`, `sequence` and the `balance` after it.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long the credits last at the present rate of spending, and which would expire unused. */
        get: operations["forecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Grants with what is left of them; as JSON or, by `Accept: text/csv`, as CSV. */
        get: operations["grants"];
        put?: never;
        /** Gives an organization credits. */
        post: operations["grant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/grants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A grant, and whether it has ended. */
        get: operations["read_grant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/grants/{id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a grant: what is left and not held is gone. */
        post: operations["void_grant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/purchases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Payments, newest first; as JSON or, by `Accept: text/csv`, as CSV. */
        get: operations["purchases"];
        put?: never;
        /** Records a purchase that was paid elsewhere, such as by invoice. */
        post: operations["record_purchase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/purchases/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A purchase, and what was taken back of it. */
        get: operations["purchase"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/purchases/{id}/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives the price of a purchase back, or a part of it, and takes its credits.
         * @description What was paid by a checkout or a recharge is paid back by the payment processor; the same key sends it once, also after
         *     a timeout. Of a purchase that was paid elsewhere only the credits are taken. What was spent already becomes a debt, even
         *     past the overdraft limit.
         */
        post: operations["refund_purchase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/recurring-grant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the organization is granted every month, and when next. */
        get: operations["recurring_grant"];
        /**
         * Sets what an organization is granted every month, or that nothing more is.
         * @description A change keeps the schedule and holds from the next period on; `starts_at` begins a schedule anew. Months that pass
         *     without any command are granted all the same.
         */
        put: operations["configure_recurring_grant"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/reservations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Holds, newest first; as JSON or, by `Accept: text/csv`, as CSV. */
        get: operations["reservations"];
        put?: never;
        /** Holds credits for work in progress. */
        post: operations["reserve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/reservations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A reservation, and how it ended. */
        get: operations["reservation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/reservations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives the hold back. */
        post: operations["cancel_reservation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/reservations/{id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Spends what the work cost, and gives the rest of the hold back. */
        post: operations["confirm_reservation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The organization's settings. */
        get: operations["settings"];
        /** Sets all settings of an organization. */
        put: operations["change_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Movements of the balance, newest first; as JSON or, by `Accept: text/csv`, as CSV. */
        get: operations["transactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was used, by time and, where asked for, by operation, subject and dimensions; as JSON or, by
         *     `Accept: text/csv`, as CSV.
         */
        get: operations["usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/packages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is for sale, cheapest first, each with what a credit costs.
         * @description There are at most a thousand, so there is never a next page.
         */
        get: operations["list_packages"];
        put?: never;
        /** Makes a package. One that is there with the same terms is answered as it is. */
        post: operations["create_package"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/packages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A package as it is now, retired or not. */
        get: operations["read_package"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes a package: purchases from now on are of the next version. */
        patch: operations["change_package"];
        trace?: never;
    };
    "/v1/packages/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All versions of a package, newest first, with who made them. */
        get: operations["package_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/packages/{id}/retire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a package off sale. What was bought stays bought. */
        post: operations["retire_package"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/price-book": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The price book in force, or the version that is asked for. */
        get: operations["read_price_book"];
        /**
         * Publishes a price book as a whole: the next version, which never changes.
         * @description Without `valid_from` it holds two seconds later, when every server has it. The latest version published again is
         *     answered as it is.
         */
        put: operations["publish_price_book"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/price-book/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What has changed between two versions. */
        get: operations["price_book_diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/price-book/scale": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many decimals amounts have where people read them, by the price book in force; 0 where there is none.
         * @description It moves the decimal point of what is shown and nothing else: amounts in requests and answers are whole credits. Old
         *     charges are shown by it, too.
         */
        get: operations["price_book_scale"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/price-book/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All versions, newest first. */
        get: operations["price_book_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/stripe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes an event of Stripe. No key: the signature over the raw body is what is checked.
         * @description The event is kept and answered; what it means is worked out afterwards.
         */
        post: operations["stripe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Credits to add or take away, with the reason why. */
        AdjustBody: {
            /**
             * Format: int64
             * @description Up when positive, down when negative.
             * @example -10
             */
            amount: number;
            reason: string;
        };
        /** @description A correction by an operator. */
        AdjustmentAnswer: components["schemas"]["After"] & {
            /** @description The grants that an adjustment down took from. */
            allocations?: components["schemas"]["AllocationView"][];
            /**
             * Format: int64
             * @description Signed, as asked.
             */
            amount: number;
            /**
             * Format: uuid
             * @description The grant that an adjustment up made.
             */
            grant_id?: string | null;
            /**
             * Format: int64
             * @description Taken below zero.
             */
            overdraft?: number | null;
            reason: string;
        };
        /** @description What every answer to a command says of the stream after it. */
        After: {
            /**
             * Format: int64
             * @description What a consumption without an operation could take, overdraft included.
             */
            available_after: number;
            /**
             * Format: int64
             * @description What remains in effective grants, held parts included, minus the debt.
             */
            balance_after: number;
            /**
             * Format: date-time
             * @description When it happened.
             */
            created_at: string;
            organization_id: string;
            /** Format: int64 */
            reserved_after: number;
            /**
             * Format: int64
             * @description The place of the command's last event in the organization's stream; a read that is given it as `min_sequence`
             *     sees this command.
             */
            sequence: number;
        };
        /** @description Credits of one grant. */
        AllocationView: {
            /** Format: int64 */
            amount: number;
            /** Format: uuid */
            grant_id: string;
        };
        /** @description The body of an answer. */
        Answer: components["schemas"]["GrantAnswer"] | components["schemas"]["GrantVoidAnswer"] | components["schemas"]["PurchaseAnswer"] | components["schemas"]["PurchaseRevocationAnswer"] | components["schemas"]["PurchaseReinstatementAnswer"] | components["schemas"]["ConsumptionAnswer"] | components["schemas"]["ConsumptionRefundAnswer"] | components["schemas"]["ReservationAnswer"] | components["schemas"]["ReservationEndAnswer"] | components["schemas"]["AdjustmentAnswer"] | components["schemas"]["SettingsAnswer"] | components["schemas"]["RecurringGrantAnswer"] | components["schemas"]["AutoRechargeAnswer"] | components["schemas"]["AutoRechargeResumption"] | components["schemas"]["NotedAnswer"];
        /** @description The policy, once configured. */
        AutoRechargeAnswer: components["schemas"]["After"] & {
            policy: components["schemas"]["AutoRechargePolicyView"];
        };
        /** @description When to buy credits for an organization, and how many. `{"enabled": false}` alone switches off what there is. */
        AutoRechargeBody: {
            /**
             * Format: int64
             * @description Credits wanted, rounded up to whole packages; default one package. More are bought where they are needed to lift
             *     the balance above the threshold.
             */
            amount?: number | null;
            /**
             * Format: int32
             * @description Least seconds between two recharges.
             * @default 300
             */
            cooldown_seconds?: number | null;
            /** @default true */
            enabled?: boolean | null;
            monthly_limit?: components["schemas"]["PriceBody"] | null;
            /** @description What is bought, at the price that the package has now: a later change of the package changes nothing here. */
            package_id?: string | null;
            /**
             * Format: int64
             * @description A recharge is asked for when the unrestricted balance falls below this.
             */
            threshold?: number | null;
        };
        /** @description When credits are bought, and how many. */
        AutoRechargePolicyView: {
            /**
             * Format: int64
             * @description Credits wanted; `null`: one package.
             */
            amount?: number | null;
            /** Format: int32 */
            cooldown_seconds: number;
            enabled: boolean;
            monthly_limit?: components["schemas"]["Price"] | null;
            /**
             * Format: int64
             * @description What one package brings and costs: as it was when the policy was made.
             */
            package_credits: number;
            package_id: string;
            package_price: components["schemas"]["Price"];
            /** Format: int32 */
            package_version?: number | null;
            /**
             * Format: int64
             * @description Packages of an ordinary recharge; more where the balance lies further below the threshold.
             */
            packages: number;
            /** Format: int64 */
            threshold: number;
            /** Format: int32 */
            validity_days?: number | null;
        };
        /** @description Recharging goes on. */
        AutoRechargeResumption: components["schemas"]["After"] & {
            /** @description `person` or `new_card`. */
            resumed_by: string;
        };
        /** @description Auto-recharge of an organization, and why it does what it does. */
        AutoRechargeState: {
            decision: components["schemas"]["DecisionView"];
            /** Format: int32 */
            declines_in_a_row: number;
            last_ended?: components["schemas"]["EndedRecharge"] | null;
            /** Format: date-time */
            last_requested_at?: string | null;
            /** Format: int64 */
            last_sequence: number;
            organization_id: string;
            pending?: components["schemas"]["PendingRecharge"] | null;
            policy?: components["schemas"]["AutoRechargePolicyView"] | null;
            spent_this_month?: components["schemas"]["Price"] | null;
            suspension?: components["schemas"]["SuspensionView"] | null;
        };
        /** @description The figures of one organization, settled to the moment of the answer. */
        BalanceAnswer: {
            /**
             * Format: int64
             * @description What a consumption without an operation could take, overdraft included.
             */
            available: number;
            /**
             * Format: int64
             * @description What remains in effective grants, held parts included, minus the debt.
             */
            balance: number;
            /** Format: int64 */
            last_sequence: number;
            /** Format: int64 */
            lifetime_expired: number;
            /** Format: int64 */
            lifetime_granted: number;
            /** Format: int64 */
            lifetime_purchased: number;
            /** Format: int64 */
            lifetime_refunded: number;
            /** Format: int64 */
            lifetime_used: number;
            /** @description Whether the unrestricted balance is below it. */
            low_balance: boolean;
            /**
             * Format: int64
             * @description The threshold in force.
             */
            low_balance_threshold: number;
            organization_id: string;
            /** Format: int64 */
            overdraft_limit: number;
            /**
             * Format: int64
             * @description Held by open reservations.
             */
            reserved: number;
            /** @description Of the balance: what pays only for some operations. */
            restricted: components["schemas"]["Restricted"][];
            /**
             * Format: date-time
             * @description The time of the organization's last event.
             */
            updated_at?: string | null;
        };
        /** @description One result a command, in listed order. */
        BatchAnswer: {
            results: components["schemas"]["ItemResult"][];
        };
        /** @description A batch. */
        BatchBody: {
            /**
             * @description Each is `{"type", "organization_id", "idempotency_key", ...}` with the fields of its own endpoint's body, and
             *     `grant_id`, `purchase_id`, `consumption_id` or `reservation_id` where that path has an id.
             */
            commands: Record<string, unknown>[];
        };
        /** @description A token, in the one answer that shows it. */
        BrowserTokenAnswer: {
            /** Format: date-time */
            expires_at: string;
            /** Format: uuid */
            id: string;
            organization_id: string;
            /** @description Sent as `Authorization: Bearer <token>`. */
            token: string;
        };
        /** @description A token to make. */
        BrowserTokenBody: {
            /** @description Who looks at the page, as a pseudonym: the actor of what they buy is `token:<subject>`. */
            subject?: string | null;
            /**
             * Format: int32
             * @default 900
             */
            ttl_seconds?: number | null;
        };
        /** @description Nothing needs to be said; the body may be empty. */
        CancelBody: Record<string, unknown>;
        /** @description One thing that has changed. */
        Change: {
            after?: Record<string, unknown> | null;
            before?: Record<string, unknown> | null;
            /** @description The setting's name, or the operation with its dimensions: `chat[model=gpt-4*]`. */
            of: string;
        };
        /** @description Where the customer pays, and for what. */
        CheckoutAnswer: {
            checkout_session_id: string;
            /**
             * Format: int64
             * @description What the payment will bring, bonus included.
             */
            credits: number;
            /**
             * Format: date-time
             * @description When the page closes.
             */
            expires_at: string;
            organization_id: string;
            package_id?: string | null;
            price: components["schemas"]["Price"];
            /**
             * Format: uuid
             * @description The purchase, which is pending until the payment has arrived.
             */
            purchase_id: string;
            /** Format: int32 */
            quantity: number;
            /** Format: int64 */
            sequence: number;
            /** @description The page to send the customer to. */
            url: string;
        };
        CheckoutBody: {
            /**
             * @description Where the customer goes without paying.
             * @example https://app.example.com/billing
             */
            cancel_url: string;
            /** @example starter */
            package_id: string;
            /**
             * Format: int32
             * @description How many of the package; default 1.
             */
            quantity?: number | null;
            /** @description Keep the card for auto-recharge, which the page says to the customer; default false. */
            save_card?: boolean | null;
            /**
             * @description Where the customer goes after paying; `{CHECKOUT_SESSION_ID}` stands for the session. Being there proves nothing.
             * @example https://app.example.com/billing?credits=purchased
             */
            success_url: string;
        };
        /** @description What the work cost in the end. */
        ConfirmBody: {
            /**
             * Format: int64
             * @description Default: what `quantities` cost, or the reserved amount. 0 is a fact, too.
             */
            amount?: number | null;
            /** @description What was really used; recorded with `amount`, priced by the price book without it. */
            quantities?: {
                [key: string]: number;
            } | null;
        };
        /** @description How a confirmed amount relates to what was held. */
        Confirmation: {
            /**
             * Format: int64
             * @description How much was paid from the hold; the rest of `amount` is beyond it.
             */
            from_hold: number;
            /**
             * Format: int64
             * @description Credits that went back.
             */
            released: number;
            /**
             * Format: int64
             * @description What the confirmation asked for: `amount` and `shortfall`.
             */
            requested: number;
            /** Format: uuid */
            reservation_id: string;
            /**
             * Format: int64
             * @description What was held.
             */
            reserved: number;
            /**
             * Format: int64
             * @description Work that nothing paid for (`take_available`).
             */
            shortfall: number;
        };
        /** @description Credits to spend at once. Either `amount`, or `operation` and `quantities` for the price book. */
        ConsumeBody: {
            /**
             * Format: int64
             * @example 50
             */
            amount?: number | null;
            description?: string | null;
            dimensions?: {
                [key: string]: string;
            } | null;
            metadata?: Record<string, unknown> | null;
            /**
             * Format: date-time
             * @description The hour that the usage counts in; 35 days back at most.
             */
            occurred_at?: string | null;
            /**
             * @description What was done; restricted grants pay only for operations that they match.
             * @example chat.completion
             */
            operation?: string | null;
            quantities?: {
                [key: string]: number;
            } | null;
            reference?: components["schemas"]["ReferenceBody"] | null;
            /** @description The end user or key on whose behalf. */
            subject?: string | null;
        };
        /** @description Credits spent, and the grants that paid. */
        ConsumptionAnswer: components["schemas"]["UsageView"] & components["schemas"]["After"] & {
            /** @description In burn order. */
            allocations: components["schemas"]["AllocationView"][];
            /**
             * Format: int64
             * @description What was spent: `allocations` and `overdraft`.
             */
            amount: number;
            confirmation?: components["schemas"]["Confirmation"] | null;
            /** Format: uuid */
            id: string;
            /**
             * Format: int64
             * @description Spent below zero.
             */
            overdraft: number;
            /** @description What the usage cost, rate by rate, where the price book said so. */
            price?: Record<string, unknown> | null;
        };
        /** @description A consumption and its refunds. */
        ConsumptionReceipt: components["schemas"]["ConsumptionAnswer"] & {
            /**
             * Format: int64
             * @description Credits given back so far.
             */
            refunded: number;
            refunds: components["schemas"]["RefundEntry"][];
        };
        /** @description Credits given back, and where they went. */
        ConsumptionRefundAnswer: components["schemas"]["After"] & {
            /** Format: int64 */
            amount: number;
            /** Format: uuid */
            consumption_id: string;
            /** Format: int64 */
            debt_reduced: number;
            reason: string;
            /**
             * Format: int64
             * @description By this and all earlier refunds.
             */
            refunded_in_all: number;
            /**
             * Format: int64
             * @description As grants of their own, because the first ones have ended.
             */
            restored: number;
            /** @description Back into the grants that they came from. */
            returned: components["schemas"]["AllocationView"][];
            /** @description Back to grants that had been voided, and so gone. */
            voided: components["schemas"]["AllocationView"][];
        };
        /** @description What was paid for how many credits. */
        CostBasisRow: {
            /** Format: int64 */
            credits: number;
            price: components["schemas"]["Price"];
        };
        /** @description What the ledger would do now, and why: the same question that it asks itself after every command. */
        DecisionView: {
            /** Format: date-time */
            at: string;
            /** @description In a sentence, with the figures. */
            detail: string;
            /**
             * @description `due`, `not_configured`, `disabled`, `balance_above_threshold`, `in_flight`, `suspended`, `cooling_down`,
             *     `monthly_limit_reached` or `too_many_packages`.
             */
            reason: string;
            /** @description Whether a recharge is asked for at this instant. */
            recharge: boolean;
            /**
             * Format: int64
             * @description What alerts and recharges look at: grants that pay only for some operations do not count.
             */
            unrestricted_balance: number;
            /**
             * Format: date-time
             * @description When the cool-down ends.
             */
            until?: string | null;
        };
        /** @description One notification at one endpoint. */
        DeliveryView: {
            /** Format: date-time */
            accepted_at: string;
            /** @description As it is sent. */
            body: Record<string, unknown>;
            /** Format: date-time */
            ended_at?: string | null;
            /** @description Why the last try failed. */
            error?: string | null;
            /**
             * Format: uuid
             * @description `webhook-id`, the same on every try.
             */
            id: string;
            /** @description `null`: a test. */
            organization_id?: string | null;
            /**
             * @description `waiting` (to be tried, or tried again), `delivered` or `parked` (given up after a day).
             * @example delivered
             */
            state: string;
            /**
             * Format: int32
             * @description What the receiver answered last; `null` where it did not.
             */
            status?: number | null;
            /** Format: date-time */
            tried_at?: string | null;
            /** Format: int32 */
            tries: number;
            /** @example credits.balance.low */
            type: string;
        };
        /** @description What has changed from one version to another. */
        DiffAnswer: components["schemas"]["Difference"] & {
            /** Format: int32 */
            from: number;
            /** Format: int32 */
            to: number;
        };
        /** @description What has changed. */
        Difference: {
            added: components["schemas"]["Change"][];
            changed: components["schemas"]["Change"][];
            removed: components["schemas"]["Change"][];
            /** @description Whatever is not a price: `rounding`, `scale`, `units`, `dimensions`, `welcome`, `valid_from`. */
            settings: components["schemas"]["Change"][];
        };
        /** @description The latest recharge that has ended. */
        EndedRecharge: {
            /** @description The payment processor's own code. */
            detail?: string | null;
            /** Format: date-time */
            ended_at: string;
            /** @description `null`: it was paid. */
            failure?: string | null;
            /** Format: uuid */
            purchase_id?: string | null;
            /** Format: uuid */
            recharge_id: string;
        };
        /** @description What the usage would cost at this moment. */
        EstimateAnswer: (components["schemas"]["Standing"] | null) & {
            /**
             * Format: int64
             * @description What a consumption of this usage would take now.
             */
            amount: number;
            operation: string;
            /** @description Rate by rate, as on a consumption. */
            price: Record<string, unknown>;
            /**
             * Format: int32
             * @description A reservation that is given it as `price_version` within an hour is charged by the same prices.
             */
            price_version: number;
            /**
             * Format: int64
             * @description The same, as a 402 names it.
             */
            required: number;
            tokens?: components["schemas"]["TokensView"] | null;
        };
        /** @description Usage to come: by `quantities`, by `text`, or both. */
        EstimateBody: {
            /** @description `model` also says how the tokens of `text` are counted. */
            dimensions?: {
                [key: string]: string;
            } | null;
            /**
             * Format: int64
             * @description The `output_tokens` of the dearest answer.
             */
            max_output_tokens?: number | null;
            /** @example chat */
            operation: string;
            /** @description Whose use of the month and whose balance counts; without it the first use of a month, and no balance. */
            organization_id?: string | null;
            quantities?: {
                [key: string]: number;
            } | null;
            /** @description Counted into `input_tokens`. */
            text?: string | null;
        };
        /** @description One event. Extension attributes are in lower case without separators, as CloudEvents wants them. */
        EventView: {
            /** @description Who did it. */
            actor: string;
            causationid?: string | null;
            /** @description SHA-256 of this event and all before it in the stream, in hexadecimal. */
            chainhash: string;
            /** Format: int32 */
            commandcount: number;
            /** Format: uuid */
            commandid: string;
            /** Format: int32 */
            commandindex: number;
            /** @description The fact, with the figures right after it. */
            data: Record<string, unknown>;
            /** @example application/json */
            datacontenttype: string;
            eventversion: string;
            /** Format: uuid */
            id: string;
            /** @description The key that the caller gave, on the command's first event. */
            idempotencykey?: string | null;
            /** Format: int32 */
            partition: number;
            /**
             * Format: int64
             * @description Place in the partition, from 1 without gaps.
             */
            position: number;
            /** Format: date-time */
            recordedat: string;
            requestid?: string | null;
            /**
             * Format: int64
             * @description Place in the organization's stream, from 1 without gaps.
             */
            sequence: number;
            /** @example /v1/organizations/acme */
            source: string;
            /** @example 1.0 */
            specversion: string;
            /**
             * Format: uuid
             * @description The grant, purchase, consumption or reservation that it is about.
             */
            subject?: string | null;
            /**
             * Format: date-time
             * @description When it took effect.
             */
            time: string;
            /**
             * @description The event's stored name.
             * @example CreditsConsumed
             */
            type: string;
        };
        /** @description A page of an organization's stream. */
        EventsPage: {
            data: components["schemas"]["EventView"][];
            /**
             * Format: int64
             * @description Pass it as `after_sequence` for the events that follow; `null` when there are none yet.
             */
            next_after_sequence?: number | null;
        };
        /** @description A grant that ends before its credits would be used. */
        ExpiryForecast: {
            /**
             * Format: int64
             * @description Credits that would end with it.
             */
            amount: number;
            /** Format: date-time */
            expires_at: string;
            /** Format: uuid */
            grant_id: string;
        };
        /** @description A page of the whole feed. */
        FeedPage: {
            /** @description In order within each partition; there is no order between partitions. */
            data: components["schemas"]["EventView"][];
            /** @description Pass it as `after` for what follows, now or later. The same one again: nothing has followed yet. */
            next_cursor: string;
        };
        /** @description What happens if spending goes on at the rate of the measured window. */
        ForecastAnswer: {
            /** Format: int64 */
            balance: number;
            /**
             * Format: int64
             * @description Rounded up.
             */
            credits_per_day: number;
            /** @description What would expire unused, the soonest first. */
            expiring_unused: components["schemas"]["ExpiryForecast"][];
            /**
             * Format: int64
             * @description In open grants, those that have not started included, without what reservations hold.
             */
            free: number;
            /**
             * Format: date-time
             * @description Spending was measured from here ...
             */
            measured_from: string;
            /**
             * Format: date-time
             * @description ... to here, the time of the forecast.
             */
            measured_to: string;
            organization_id: string;
            /**
             * Format: date-time
             * @description When an operation that spends would first find no credits, overdraft not counted; `null`: not in sight.
             */
            runs_out_at?: string | null;
            /**
             * Format: int64
             * @description In that time.
             */
            spent: number;
        };
        /** @description One lot of credits, as it was granted. */
        GrantAnswer: components["schemas"]["After"] & {
            /** Format: int64 */
            amount: number;
            applies_to: string[];
            /** @description `paid` or `promotional`. */
            category: string;
            /** Format: date-time */
            effective_at: string;
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: uuid */
            id: string;
            metadata: Record<string, unknown>;
            /** Format: int32 */
            priority: number;
            reason: string;
        };
        /** @description Credits given to an organization. */
        GrantBody: {
            /**
             * Format: int64
             * @example 1000
             */
            amount: number;
            /** @description Operations that the credits may pay for, exact or a prefix ending in `*`; default all. */
            applies_to?: string[] | null;
            /**
             * @description `promotional` burns before `paid` of the same priority and expiry.
             * @default promotional
             */
            category?: string | null;
            /**
             * Format: date-time
             * @description When the credits may first be spent; default at once.
             */
            effective_at?: string | null;
            /**
             * Format: date-time
             * @description From this instant on they cannot be spent. Not together with `expires_in_seconds`.
             */
            expires_at?: string | null;
            /**
             * Format: int32
             * @description Seconds from `effective_at` on.
             */
            expires_in_seconds?: number | null;
            metadata?: Record<string, unknown> | null;
            /**
             * Format: int32
             * @description 0 to 1000; the lowest burns first.
             * @default 100
             */
            priority?: number | null;
            /** @example welcome */
            reason: string;
        };
        /** @description A grant and what became of it. */
        GrantReceipt: {
            /** Format: int64 */
            amount: number;
            applies_to: string[];
            category: string;
            /** Format: date-time */
            effective_at: string;
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: date-time */
            granted_at: string;
            /** Format: uuid */
            id: string;
            organization_id: string;
            /** Format: int32 */
            priority: number;
            /** Format: uuid */
            purchase_id?: string | null;
            reason?: string | null;
            /** Format: int64 */
            sequence: number;
            /** @description `scheduled`, `effective`, `expired`, `voided` or `merged`. */
            status: string;
        };
        /** @description What a void took. */
        GrantVoidAnswer: components["schemas"]["After"] & {
            /**
             * Format: int64
             * @description Credits that are gone.
             */
            amount: number;
            /** Format: uuid */
            grant_id: string;
            /**
             * Format: int64
             * @description Credits that open reservations still hold; what they release is voided then.
             */
            held: number;
            reason: string;
        };
        /** @description A page of grants. */
        GrantsPage: components["schemas"]["Listed_GrantRow"] & {
            next_to_expire?: components["schemas"]["NextToExpire"] | null;
        };
        /** @description The server's state. */
        Health: {
            /** @example ok */
            status: string;
        };
        /** @description What became of one command. */
        ItemResult: {
            answer?: components["schemas"]["Answer"] | null;
            problem?: components["schemas"]["ProblemDetails"] | null;
            /** @description The key had been used for this command before; this is its first outcome. */
            replayed?: boolean;
            /** @description On a failed command: whether the same command may succeed later, unchanged. */
            retryable?: boolean | null;
            /**
             * Format: int32
             * @description The status that its own endpoint would have answered.
             */
            status: number;
        };
        /** @description A key to make. */
        KeyBody: {
            /** @description For people. */
            name?: string | null;
            /** @description Binds the key to one organization: all others are 404 to it. */
            organization_id?: string | null;
            scope: components["schemas"]["Scope"];
        };
        /** @description A key, without its secret. */
        KeyView: {
            /** Format: date-time */
            created_at: string;
            /** Format: uuid */
            id: string;
            /** @description The key itself: in the answer that made it, and never again. */
            key?: string | null;
            name: string;
            organization_id?: string | null;
            /** Format: date-time */
            revoked_at?: string | null;
            scope: components["schemas"]["Scope"];
        };
        /** @description All keys. */
        KeysPage: {
            data: components["schemas"]["KeyView"][];
            /** @description Keys are few; there is never a next page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_DeliveryView: {
            data: {
                /** Format: date-time */
                accepted_at: string;
                /** @description As it is sent. */
                body: Record<string, unknown>;
                /** Format: date-time */
                ended_at?: string | null;
                /** @description Why the last try failed. */
                error?: string | null;
                /**
                 * Format: uuid
                 * @description `webhook-id`, the same on every try.
                 */
                id: string;
                /** @description `null`: a test. */
                organization_id?: string | null;
                /**
                 * @description `waiting` (to be tried, or tried again), `delivered` or `parked` (given up after a day).
                 * @example delivered
                 */
                state: string;
                /**
                 * Format: int32
                 * @description What the receiver answered last; `null` where it did not.
                 */
                status?: number | null;
                /** Format: date-time */
                tried_at?: string | null;
                /** Format: int32 */
                tries: number;
                /** @example credits.balance.low */
                type: string;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_GrantRow: {
            data: {
                actor: string;
                /** Format: int64 */
                amount: number;
                applies_to: string[];
                /** @description `paid` or `promotional`. */
                category: string;
                /** @description How it came: `grant`, `purchase`, `adjustment`, `refund` or `reinstatement`. */
                cause: string;
                cost_basis?: components["schemas"]["CostBasisRow"] | null;
                /** Format: date-time */
                effective_at: string;
                /** Format: date-time */
                ended_at?: string | null;
                /** Format: int64 */
                expired: number;
                /** Format: date-time */
                expires_at?: string | null;
                /** Format: date-time */
                granted_at: string;
                /** Format: int64 */
                held: number;
                /** Format: uuid */
                id: string;
                /**
                 * Format: int64
                 * @description Moved into an equal grant; below zero: moved in from one.
                 */
                merged: number;
                metadata: Record<string, unknown>;
                /**
                 * Format: uuid
                 * @description The first grant of its line, where credits came back as a grant of their own.
                 */
                origin_grant_id?: string | null;
                /** Format: int32 */
                priority: number;
                /** Format: uuid */
                purchase_id?: string | null;
                reason?: string | null;
                /**
                 * Format: int64
                 * @description Held credits included.
                 */
                remaining: number;
                /** Format: int64 */
                revoked: number;
                /**
                 * Format: int64
                 * @description The place of the event that made it in the organization's stream.
                 */
                sequence: number;
                /** @description `scheduled`, `active`, `depleted`, `expired`, `voided` or `merged`. */
                status: string;
                /**
                 * Format: int64
                 * @description Spent, or taken for debt or by adjustments, less what came back.
                 */
                used: number;
                /** Format: int64 */
                voided: number;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_NotificationEndpointView: {
            data: {
                /** Format: date-time */
                created_at: string;
                /** @description Who made it: `key:<id>` or `cli:<user>`. */
                created_by: string;
                description: string;
                enabled: boolean;
                /**
                 * Format: date-time
                 * @description Until when the secret before the last rotation signs, too.
                 */
                former_secret_until?: string | null;
                /** Format: uuid */
                id: string;
                /** @description The only organization that it is told of; `null`: all. */
                organization_id?: string | null;
                /** @description What its notifications are signed with: in the answer that made it, and never again. */
                secret?: string | null;
                /** @description Empty: every type. */
                types: string[];
                /** Format: date-time */
                updated_at: string;
                url: string;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_OrganizationRow: {
            data: {
                auto_recharge_enabled: boolean;
                auto_recharge_suspended: boolean;
                /** Format: int64 */
                available: number;
                /** Format: int64 */
                balance: number;
                /** Format: date-time */
                created_at: string;
                /** Format: int64 */
                debt: number;
                /** Format: int64 */
                last_sequence: number;
                /** Format: int64 */
                lifetime_expired: number;
                /** Format: int64 */
                lifetime_granted: number;
                /** Format: int64 */
                lifetime_purchased: number;
                /** Format: int64 */
                lifetime_refunded: number;
                /** Format: int64 */
                lifetime_used: number;
                low_balance: boolean;
                /** Format: int64 */
                low_balance_threshold: number;
                organization_id: string;
                /** Format: int64 */
                overdraft_limit: number;
                /** Format: int64 */
                reserved: number;
                /**
                 * Format: int64
                 * @description Of the balance: in grants that pay only for some operations.
                 */
                restricted_balance: number;
                /** Format: date-time */
                updated_at: string;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_PackageView: {
            data: {
                /** @description Who made it; in the history only. */
                actor?: string | null;
                /**
                 * Format: int64
                 * @description On top, at no further price.
                 */
                bonus_credits: number;
                /** Format: int64 */
                credits: number;
                /** @example USD */
                currency: string;
                /**
                 * Format: int64
                 * @description By how many thousandths a credit is cheaper than in the smallest package on sale in this currency.
                 */
                discount_permille?: number | null;
                features: string[];
                id: string;
                is_active: boolean;
                name: string;
                /**
                 * Format: int64
                 * @description In the currency's smallest unit.
                 */
                price_cents: number;
                /**
                 * @description In the currency's major unit, bonus counted.
                 * @example 0.01
                 */
                price_per_credit: string;
                rate_tier?: string | null;
                stripe_price_id?: string | null;
                /**
                 * Format: date-time
                 * @description When this version was made.
                 */
                updated_at: string;
                /**
                 * Format: int32
                 * @description Days until bought credits expire; `null`: never.
                 */
                validity_days?: number | null;
                /**
                 * Format: int32
                 * @description From 1; a change makes the next one.
                 */
                version: number;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_PriceBookVersion: {
            data: {
                actor: string;
                /** @description How many prices it has. */
                prices: number;
                /** Format: date-time */
                published_at: string;
                /**
                 * Format: date-time
                 * @description From when on it holds, until the next one does.
                 */
                valid_from: string;
                /**
                 * Format: int32
                 * @description From 1; priced consumptions name it.
                 */
                version: number;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_PurchaseRow: {
            data: {
                actor: string;
                /** Format: date-time */
                completed_at?: string | null;
                /** Format: date-time */
                created_at: string;
                /** Format: int64 */
                credits: number;
                /**
                 * Format: date-time
                 * @description When the credits end.
                 */
                expires_at?: string | null;
                /**
                 * Format: uuid
                 * @description Also the id of the grant that it makes once it is completed.
                 */
                id: string;
                metadata: Record<string, unknown>;
                package_id?: string | null;
                payment_reference: string;
                price: components["schemas"]["Price"];
                /** @description Why it last failed, expired, was revoked or reinstated. */
                reason?: string | null;
                /**
                 * Format: int64
                 * @description How much of the price went back with them, where that is known, in minor units.
                 */
                refunded_minor: number;
                /**
                 * Format: int64
                 * @description Credits that refunds and disputes took back, spent ones included, less what was reinstated.
                 */
                revoked_credits: number;
                /**
                 * Format: int64
                 * @description The place of its first event in the organization's stream.
                 */
                sequence: number;
                /** @description `started`, `completed`, `failed`, `expired`, `partly_revoked` or `revoked`. */
                status: string;
                /** Format: date-time */
                updated_at: string;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_ReservationRow: {
            data: {
                actor: string;
                /** Format: int64 */
                amount: number;
                /** Format: int64 */
                confirmed_amount?: number | null;
                /** Format: date-time */
                created_at: string;
                description?: string | null;
                dimensions: Record<string, unknown>;
                /** Format: date-time */
                ended_at?: string | null;
                /** Format: date-time */
                expires_at: string;
                /** Format: uuid */
                id: string;
                metadata: Record<string, unknown>;
                operation?: string | null;
                over: components["schemas"]["OverRow"];
                /** Format: int64 */
                overdraft_held: number;
                quantities: Record<string, unknown>;
                reference?: components["schemas"]["ReferenceRow"] | null;
                /**
                 * Format: int64
                 * @description The place of the event that made it in the organization's stream.
                 */
                sequence: number;
                /**
                 * Format: int64
                 * @description Work beyond the hold that nothing paid for.
                 */
                shortfall?: number | null;
                /** @description `pending`, `confirmed`, `cancelled` or `expired`. */
                status: string;
                subject?: string | null;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_TransactionRow: {
            data: {
                /** @description Who did it: `key:<id>`, `token:<subject>`, `system:<process>` or `cli:<user>`. */
                actor: string;
                /**
                 * Format: int64
                 * @description Signed; zero only for a consumption that cost nothing.
                 */
                amount: number;
                /** Format: int64 */
                balance_after: number;
                /** Format: date-time */
                created_at: string;
                /** @description The caller's description of a consumption, else the reason that was given. */
                description?: string | null;
                /**
                 * Format: uuid
                 * @description The purchase, grant or consumption that moved.
                 */
                entity_id?: string | null;
                /**
                 * Format: uuid
                 * @description Of the event.
                 */
                id: string;
                metadata: Record<string, unknown>;
                operation?: string | null;
                reference?: components["schemas"]["ReferenceRow"] | null;
                /**
                 * Format: int64
                 * @description The place of the event in the organization's stream; what moves nothing leaves gaps.
                 */
                sequence: number;
                subject?: string | null;
                /** @description `purchase`, `grant`, `consumption`, `refund`, `expiration`, `void`, `revocation`, `reinstatement` or `adjustment`. */
                type: string;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Listed_UsageRow: {
            data: {
                /**
                 * Format: date-time
                 * @description Begin of the hour, day or month (UTC).
                 */
                bucket: string;
                /**
                 * Format: int64
                 * @description Consumptions and confirmed reservations, refunded ones included.
                 */
                count: number;
                /** Format: int64 */
                credits: number;
                dimensions?: {
                    [key: string]: string | null;
                };
                operation?: string | null;
                /** @description Sums by unit; whole numbers of any size. */
                quantities: Record<string, unknown>;
                /**
                 * Format: int64
                 * @description Credits of work that nothing paid for.
                 */
                shortfall: number;
                subject?: string | null;
            }[];
            /** @description Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page. */
            next_cursor?: string | null;
        };
        /** @description The open grant that ends next. */
        NextToExpire: {
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: uuid */
            grant_id: string;
            /**
             * Format: int64
             * @description Of these: held by reservations; they do not end with the grant while they are held.
             */
            held: number;
            /** Format: int64 */
            remaining: number;
        };
        /** @description A command without an answer of its own. */
        NotedAnswer: components["schemas"]["After"] & {
            /** @description The event's or the command's name. */
            command: string;
            /** Format: uuid */
            entity_id?: string | null;
        };
        /** @description An endpoint to make. */
        NotificationEndpointBody: {
            /** @description For people. */
            description?: string | null;
            /** @description The only organization to be told of; default all. A key that is bound to one makes endpoints of its own only. */
            organization_id?: string | null;
            /** @description The types to be told of; default all. */
            types?: string[] | null;
            /**
             * @description Where notifications are sent: `https`, and not in a private network unless the server allows that.
             * @example https://example.com/hooks/credits
             */
            url: string;
        };
        /** @description What to change of an endpoint. What is left out stays. */
        NotificationEndpointChangeBody: {
            description?: string | null;
            /** @description `false` keeps what waits and takes no more; `true` again is told of what happens from then on. */
            enabled?: boolean | null;
            /** @description In place of all types so far; empty: every type. */
            types?: string[] | null;
            url?: string | null;
        };
        /** @description An endpoint. */
        NotificationEndpointView: {
            /** Format: date-time */
            created_at: string;
            /** @description Who made it: `key:<id>` or `cli:<user>`. */
            created_by: string;
            description: string;
            enabled: boolean;
            /**
             * Format: date-time
             * @description Until when the secret before the last rotation signs, too.
             */
            former_secret_until?: string | null;
            /** Format: uuid */
            id: string;
            /** @description The only organization that it is told of; `null`: all. */
            organization_id?: string | null;
            /** @description What its notifications are signed with: in the answer that made it, and never again. */
            secret?: string | null;
            /** @description Empty: every type. */
            types: string[];
            /** Format: date-time */
            updated_at: string;
            url: string;
        };
        /** @description Notifications, as this node sees them. They do not make it unready. */
        NotificationHealth: {
            /** @description Whether the log cannot be turned into notifications any further; the reason is in the server's log. */
            is_stopped: boolean;
            /**
             * Format: int64
             * @description Events of the partition that is furthest behind which have not been turned into notifications.
             */
            lag_events: number;
            /**
             * Format: int64
             * @description How long the oldest that is due has not been tried.
             */
            overdue_ms: number;
            /**
             * Format: int64
             * @description Deliveries that were given up: `credit-ledger notifications resend`.
             */
            parked: number;
            /**
             * Format: int64
             * @description Organizations at endpoints for which something waits to be sent, or sent again.
             */
            waiting: number;
        };
        /** @description One organization's figures after its last projected event. */
        OrganizationRow: {
            auto_recharge_enabled: boolean;
            auto_recharge_suspended: boolean;
            /** Format: int64 */
            available: number;
            /** Format: int64 */
            balance: number;
            /** Format: date-time */
            created_at: string;
            /** Format: int64 */
            debt: number;
            /** Format: int64 */
            last_sequence: number;
            /** Format: int64 */
            lifetime_expired: number;
            /** Format: int64 */
            lifetime_granted: number;
            /** Format: int64 */
            lifetime_purchased: number;
            /** Format: int64 */
            lifetime_refunded: number;
            /** Format: int64 */
            lifetime_used: number;
            low_balance: boolean;
            /** Format: int64 */
            low_balance_threshold: number;
            organization_id: string;
            /** Format: int64 */
            overdraft_limit: number;
            /** Format: int64 */
            reserved: number;
            /**
             * Format: int64
             * @description Of the balance: in grants that pay only for some operations.
             */
            restricted_balance: number;
            /** Format: date-time */
            updated_at: string;
        };
        /** @description What a confirmation above the amount does. */
        OverRow: {
            /** Format: int64 */
            max_amount?: number | null;
            /** @description `reject`, `take_available` or `overdraft`. */
            policy: string;
        };
        /** @description A package to sell. */
        PackageBody: {
            /**
             * Format: int64
             * @description On top, at no further price.
             * @default 0
             */
            bonus_credits?: number | null;
            /**
             * Format: int64
             * @example 1000
             */
            credits: number;
            /**
             * @description ISO 4217.
             * @default USD
             */
            currency?: string | null;
            /** @description What else it brings, for customers; at most 32. */
            features?: string[] | null;
            /**
             * @description 1 to 64 letters, digits or `. _ : -`; fixed for ever.
             * @example starter
             */
            id: string;
            /** @description For customers; default the id. */
            name?: string | null;
            /**
             * Format: int64
             * @description In the currency's smallest unit.
             * @example 1000
             */
            price_cents: number;
            /** @description The tier of rate limits that it brings. */
            rate_tier?: string | null;
            stripe_price_id?: string | null;
            /**
             * Format: int32
             * @description Days until bought credits expire; default never.
             */
            validity_days?: number | null;
        };
        /** @description What to change of a package. What is left out stays; `null` takes away what need not be. */
        PackageChangeBody: {
            /** Format: int64 */
            bonus_credits?: number | null;
            /** Format: int64 */
            credits?: number | null;
            features?: string[] | null;
            /** @description `true` puts a retired package on sale again. */
            is_active?: boolean | null;
            name?: string | null;
            /**
             * Format: int64
             * @description In the currency's smallest unit. The currency stays: another one is another package.
             */
            price_cents?: number | null;
            rate_tier?: string | null;
            stripe_price_id?: string | null;
            /** Format: int32 */
            validity_days?: number | null;
        };
        /** @description A package in one of its versions. */
        PackageView: {
            /** @description Who made it; in the history only. */
            actor?: string | null;
            /**
             * Format: int64
             * @description On top, at no further price.
             */
            bonus_credits: number;
            /** Format: int64 */
            credits: number;
            /** @example USD */
            currency: string;
            /**
             * Format: int64
             * @description By how many thousandths a credit is cheaper than in the smallest package on sale in this currency.
             */
            discount_permille?: number | null;
            features: string[];
            id: string;
            is_active: boolean;
            name: string;
            /**
             * Format: int64
             * @description In the currency's smallest unit.
             */
            price_cents: number;
            /**
             * @description In the currency's major unit, bonus counted.
             * @example 0.01
             */
            price_per_credit: string;
            rate_tier?: string | null;
            stripe_price_id?: string | null;
            /**
             * Format: date-time
             * @description When this version was made.
             */
            updated_at: string;
            /**
             * Format: int32
             * @description Days until bought credits expire; `null`: never.
             */
            validity_days?: number | null;
            /**
             * Format: int32
             * @description From 1; a change makes the next one.
             */
            version: number;
        };
        /** @description A recharge whose outcome is not known yet. */
        PendingRecharge: {
            /** Format: int64 */
            credits: number;
            /**
             * Format: date-time
             * @description When it is given up; a payment that arrives later is credited all the same.
             */
            expires_at?: string | null;
            package_id: string;
            price: components["schemas"]["Price"];
            /** Format: uuid */
            recharge_id: string;
            /** Format: date-time */
            requested_at: string;
        };
        /** @description An amount of money. */
        Price: {
            /**
             * Format: int64
             * @description In the currency's smallest unit.
             */
            amount_minor: number;
            /** @example USD */
            currency: string;
        };
        /** @description An amount of money. */
        PriceBody: {
            /**
             * Format: int64
             * @description In the currency's smallest unit.
             * @example 1000
             */
            amount_minor: number;
            /**
             * @description ISO 4217.
             * @example USD
             */
            currency: string;
        };
        /** @description A whole price book, as `docs/prices.md` describes it. */
        PriceBookBody: {
            /** @description Dimensions of your own, beside `model`, `endpoint` and `region`. */
            dimensions?: string[] | null;
            /** @description `{"operation", "dimensions"?, "components", "uncharged"?, "minimum"?, "maximum"?}` each. */
            prices: Record<string, unknown>[];
            /** @description Requests a second by tier: `{"name": {"requests_per_second", "burst"?}}`; `default` is for whoever has no tier. */
            rate_tiers?: Record<string, unknown> | null;
            /** @description `up` (default), `down`, `half_up` or `half_even`: how the sum of a price becomes whole credits. */
            rounding?: string | null;
            /**
             * Format: int32
             * @description How many decimals amounts have where people read them; default 0. Amounts stay whole numbers everywhere else.
             */
            scale?: number | null;
            /** @description Units of your own, beside the usual ones. */
            units?: string[] | null;
            /**
             * Format: date-time
             * @description From when on it holds; default two seconds from now.
             */
            valid_from?: string | null;
            /**
             * Format: int32
             * @description An estimate above so many percent of the balance warns; default 50.
             */
            warning_percent?: number | null;
            /** @description What an organization is given at its first appearance: `{"amount"?, "validity_days"?, "monthly"?}`. */
            welcome?: Record<string, unknown> | null;
        };
        /** @description A version, without what it says. */
        PriceBookVersion: {
            actor: string;
            /** @description How many prices it has. */
            prices: number;
            /** Format: date-time */
            published_at: string;
            /**
             * Format: date-time
             * @description From when on it holds, until the next one does.
             */
            valid_from: string;
            /**
             * Format: int32
             * @description From 1; priced consumptions name it.
             */
            version: number;
        };
        /** @description A version with what it says. */
        PriceBookView: components["schemas"]["PriceBookVersion"] & {
            /** @description As it was published. */
            book: Record<string, unknown>;
        };
        /** @description RFC 9457 problem details. Some problems carry further fields, the numbers of their sentence. */
        ProblemDetails: {
            /** @description Stable; the thing to compare with. */
            code: string;
            /** @description A sentence for people. */
            detail: string;
            /** Format: int32 */
            status: number;
            title: string;
            /** @description `urn:credit-ledger:problem:<code>`. */
            type: string;
        };
        /** @description The read models, as this node sees them. They do not make it unready: commands need none of them. */
        ProjectionHealth: {
            /**
             * Format: int64
             * @description How long ago the read models were last looked at. While the database does not answer this grows, and all else is as
             *     old.
             */
            age_ms: number;
            /**
             * Format: int64
             * @description Events that the projector which is furthest behind in its partition has not projected; stopped ones aside.
             */
            lag_events: number;
            /**
             * Format: int64
             * @description How long the oldest of these has been in the log.
             */
            lag_ms: number;
            /** @description Projectors whose rows were made by another version of the program: they wait for `credit-ledger rebuild`. */
            outdated: string[];
            /** @description Projectors that cannot pass an event. Reasons are in the log and in `credit-ledger status`. */
            stopped: components["schemas"]["StoppedProjector"][];
        };
        /** @description A payment and the credits that it bought. */
        PurchaseAnswer: components["schemas"]["After"] & {
            /**
             * Format: int64
             * @description How many of the credits came on top.
             */
            bonus_credits?: number | null;
            /** Format: int64 */
            credits: number;
            /** Format: date-time */
            expires_at?: string | null;
            /**
             * Format: uuid
             * @description The grant that holds the credits.
             */
            grant_id: string;
            /** Format: uuid */
            id: string;
            metadata: Record<string, unknown>;
            package_id?: string | null;
            /**
             * Format: int32
             * @description Of the package, as it was sold.
             */
            package_version?: number | null;
            payment_reference: string;
            price: components["schemas"]["Price"];
            /** @example completed */
            status: string;
        };
        /** @description A payment that has been made. Either `package_id`, or `credits` and `price`. */
        PurchaseBody: {
            /** Format: int64 */
            credits?: number | null;
            /** Format: date-time */
            expires_at?: string | null;
            /** Format: int32 */
            expires_in_seconds?: number | null;
            metadata?: Record<string, unknown> | null;
            /** @description What the package is now: its credits and bonus, its price, and its validity unless an end is given here. */
            package_id?: string | null;
            /**
             * @description The invoice or transfer; each is accepted once an organization.
             * @example invoice-2026-001
             */
            payment_reference: string;
            price?: components["schemas"]["PriceBody"] | null;
        };
        /** @description A purchase and what was taken back of it. */
        PurchaseReceipt: {
            /** Format: date-time */
            created_at: string;
            /** Format: int64 */
            credits: number;
            /** Format: uuid */
            grant_id: string;
            /** Format: uuid */
            id: string;
            organization_id: string;
            payment_reference: string;
            price: components["schemas"]["Price"];
            /** Format: int64 */
            reinstated: number;
            revocations: components["schemas"]["RevocationEntry"][];
            /** Format: int64 */
            revoked: number;
            /** Format: int64 */
            sequence: number;
            /** @description `started`, `completed`, `failed` or `expired`. */
            status: string;
        };
        /**
         * @description A refund: of a purchase that was paid at the payment processor, to be paid out there; of one that was paid elsewhere,
         *     which has been paid out.
         */
        PurchaseRefundBody: {
            /**
             * Format: int64
             * @description How much of the price goes back; default all that is left.
             */
            amount_minor?: number | null;
            reason: string;
        };
        /** @description What came back after a dispute that was won. */
        PurchaseReinstatementAnswer: components["schemas"]["After"] & {
            /** Format: int64 */
            amount: number;
            /** Format: uuid */
            purchase_id: string;
            reason: string;
            reference: string;
        };
        /** @description What a refund or dispute took back. */
        PurchaseRevocationAnswer: components["schemas"]["After"] & {
            allocations: components["schemas"]["AllocationView"][];
            /**
             * Format: int64
             * @description Credits taken back: `allocations` and `debt`.
             */
            amount: number;
            /** @description `refund` or `dispute`. */
            cause: string;
            /**
             * Format: int64
             * @description Credits that were spent already and are owed from here on.
             */
            debt: number;
            /**
             * Format: int64
             * @description Credits that had expired or been voided before.
             */
            not_owed: number;
            /**
             * Format: int64
             * @description How much of the price went back, in minor units.
             */
            price_minor?: number | null;
            /** Format: uuid */
            purchase_id: string;
            reason: string;
            reference: string;
        };
        /** @description A payment for credits, and what became of it. */
        PurchaseRow: {
            actor: string;
            /** Format: date-time */
            completed_at?: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: int64 */
            credits: number;
            /**
             * Format: date-time
             * @description When the credits end.
             */
            expires_at?: string | null;
            /**
             * Format: uuid
             * @description Also the id of the grant that it makes once it is completed.
             */
            id: string;
            metadata: Record<string, unknown>;
            package_id?: string | null;
            payment_reference: string;
            price: components["schemas"]["Price"];
            /** @description Why it last failed, expired, was revoked or reinstated. */
            reason?: string | null;
            /**
             * Format: int64
             * @description How much of the price went back with them, where that is known, in minor units.
             */
            refunded_minor: number;
            /**
             * Format: int64
             * @description Credits that refunds and disputes took back, spent ones included, less what was reinstated.
             */
            revoked_credits: number;
            /**
             * Format: int64
             * @description The place of its first event in the organization's stream.
             */
            sequence: number;
            /** @description `started`, `completed`, `failed`, `expired`, `partly_revoked` or `revoked`. */
            status: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** @description Whether this node may take commands, and how far the read models are. */
        Readiness: {
            notifications: components["schemas"]["NotificationHealth"];
            projections: components["schemas"]["ProjectionHealth"];
            /** @example ready */
            status: string;
        };
        /** @description The monthly grant. */
        RecurringBody: {
            /** Format: int64 */
            amount: number;
            /** @description Operations that the credits may pay for, exact or a prefix ending in `*`; default all. */
            applies_to?: string[] | null;
            /**
             * Format: int32
             * @description 0 to 1000; the lowest burns first.
             * @default 100
             */
            priority?: number | null;
            /**
             * @description What becomes of credits that are left at the end of a period: `none` (default, they expire), `all` (they stay), or
             *     `{"capped": n}` (at most n count on top of the next grant).
             */
            rollover?: Record<string, unknown> | null;
        };
        /** @description The monthly grant, once configured. */
        RecurringGrantAnswer: components["schemas"]["After"] & {
            grant?: components["schemas"]["RecurringGrantView"] | null;
        };
        /** @description What is granted every month; without `grant` nothing more is. */
        RecurringGrantBody: {
            grant?: components["schemas"]["RecurringBody"] | null;
            /**
             * Format: date-time
             * @description When the first period begins; default the schedule that there is, or now. Not in the past.
             */
            starts_at?: string | null;
        };
        /** @description The monthly grant in force. */
        RecurringGrantState: {
            grant?: components["schemas"]["RecurringGrantView"] | null;
            /** Format: int64 */
            last_sequence: number;
            organization_id: string;
        };
        /** @description The monthly grant with its schedule. */
        RecurringGrantView: {
            /** Format: int64 */
            amount: number;
            applies_to: string[];
            /**
             * Format: date-time
             * @description When the next grant is given.
             */
            next_at?: string | null;
            /** Format: int32 */
            priority: number;
            /** @description `none`, `all`, or `{"capped": n}`. */
            rollover: Record<string, unknown>;
            /**
             * Format: date-time
             * @description When the first period began or begins.
             */
            starts_at: string;
        };
        /** @description The caller's own record that credits were spent on. */
        ReferenceBody: {
            id: string;
            /** @example job */
            type: string;
        };
        /** @description The caller's own record. */
        ReferenceRow: {
            id: string;
            type?: string | null;
        };
        /** @description The caller's own record. */
        ReferenceView: {
            id: string;
            type: string;
        };
        /** @description Credits to give back to the grants that they came from. */
        RefundBody: {
            /**
             * Format: int64
             * @description Default: all that has not been refunded yet.
             */
            amount?: number | null;
            reason: string;
        };
        /** @description One refund of a consumption. */
        RefundEntry: {
            /** Format: int64 */
            amount: number;
            /** Format: date-time */
            created_at: string;
            reason: string;
            /** Format: int64 */
            sequence: number;
        };
        /** @description What to send again. */
        ResendBody: {
            /**
             * Format: uuid
             * @description The delivery; default all parked ones, oldest first, a thousand at once.
             */
            delivery_id?: string | null;
        };
        /** @description What is sent again. */
        ResentView: {
            /** Format: int64 */
            count: number;
            /** @description Whether others are parked still: ask again. */
            has_more: boolean;
        };
        /** @description Credits held. */
        ReservationAnswer: components["schemas"]["UsageView"] & components["schemas"]["After"] & {
            allocations: components["schemas"]["AllocationView"][];
            /**
             * Format: int64
             * @description What is held: `allocations` and `overdraft_held`.
             */
            amount: number;
            /**
             * Format: date-time
             * @description From this instant on the hold is over.
             */
            expires_at: string;
            /** Format: uuid */
            id: string;
            over: Record<string, unknown>;
            /** Format: int64 */
            overdraft_held: number;
            /** @description What the usage would cost, rate by rate, where the price book said so. Its `version` prices the confirmation, too. */
            price?: Record<string, unknown> | null;
            /** @example pending */
            status: string;
        };
        /** @description A hold that was given up. */
        ReservationEndAnswer: components["schemas"]["After"] & {
            /**
             * Format: int64
             * @description What was held.
             */
            amount: number;
            /** Format: uuid */
            id: string;
            released: components["schemas"]["AllocationView"][];
            /** @example cancelled */
            status: string;
        };
        /** @description A reservation and how it ended. */
        ReservationReceipt: components["schemas"]["ReservationAnswer"] & {
            /**
             * Format: int64
             * @description What the confirmation took.
             */
            confirmed_amount?: number | null;
            /** Format: date-time */
            ended_at?: string | null;
        };
        /** @description Credits held for work in progress, and how that ended. */
        ReservationRow: {
            actor: string;
            /** Format: int64 */
            amount: number;
            /** Format: int64 */
            confirmed_amount?: number | null;
            /** Format: date-time */
            created_at: string;
            description?: string | null;
            dimensions: Record<string, unknown>;
            /** Format: date-time */
            ended_at?: string | null;
            /** Format: date-time */
            expires_at: string;
            /** Format: uuid */
            id: string;
            metadata: Record<string, unknown>;
            operation?: string | null;
            over: components["schemas"]["OverRow"];
            /** Format: int64 */
            overdraft_held: number;
            quantities: Record<string, unknown>;
            reference?: components["schemas"]["ReferenceRow"] | null;
            /**
             * Format: int64
             * @description The place of the event that made it in the organization's stream.
             */
            sequence: number;
            /**
             * Format: int64
             * @description Work beyond the hold that nothing paid for.
             */
            shortfall?: number | null;
            /** @description `pending`, `confirmed`, `cancelled` or `expired`. */
            status: string;
            subject?: string | null;
        };
        /** @description Credits to hold for work in progress. */
        ReserveBody: {
            /**
             * Format: int64
             * @example 500
             */
            amount?: number | null;
            description?: string | null;
            dimensions?: {
                [key: string]: string;
            } | null;
            /**
             * Format: int32
             * @description How long the hold lasts; at most 30 days.
             * @default 900
             */
            expires_in_seconds?: number | null;
            metadata?: Record<string, unknown> | null;
            /** Format: date-time */
            occurred_at?: string | null;
            operation?: string | null;
            /**
             * @description What a confirmation for more does: `reject`, `take_available` or `overdraft`, or an object with that `policy` and
             *     a `max_amount`.
             */
            over?: Record<string, unknown> | null;
            /**
             * Format: int32
             * @description The price version of an estimate, to be charged by; default the one in force.
             */
            price_version?: number | null;
            quantities?: {
                [key: string]: number;
            } | null;
            reference?: components["schemas"]["ReferenceBody"] | null;
            subject?: string | null;
        };
        /** @description Credits that pay only for some operations. */
        Restricted: {
            applies_to: string[];
            /**
             * Format: int64
             * @description The part of it that no reservation holds.
             */
            available: number;
            /**
             * Format: int64
             * @description The part of `balance` that is restricted so.
             */
            balance: number;
        };
        /** @description Recharging goes on; nothing more needs to be said. */
        ResumeBody: Record<string, unknown>;
        /** @description One revocation of a purchase. */
        RevocationEntry: {
            /** Format: int64 */
            amount: number;
            cause: string;
            /** Format: date-time */
            created_at: string;
            /** Format: int64 */
            debt: number;
            /** Format: int64 */
            not_owed: number;
            reason: string;
            reference: string;
            /** Format: int64 */
            sequence: number;
        };
        /** @description How amounts are shown. */
        ScaleAnswer: {
            /**
             * Format: int32
             * @description Decimals that an amount has where people read it: with 2, an amount of 1250 is shown as 12.50.
             */
            scale: number;
        };
        /**
         * @description What a key may do; each scope may do what those before it may.
         * @enum {string}
         */
        Scope: "read" | "command" | "admin";
        /** @description How an endpoint gets another secret. */
        SecretRotationBody: {
            /**
             * Format: int64
             * @description How long the former secret signs, too; default a day, 0 when it has leaked.
             * @default 86400
             */
            overlap_seconds?: number | null;
        };
        /** @description The key to sign in with. */
        SessionBody: {
            key: string;
        };
        /** @description Who is signed in. */
        SessionView: {
            /** @description As it will stand in the log. */
            actor: string;
            /** @description The one organization that the key is bound to. */
            organization_id?: string | null;
            scope: components["schemas"]["Scope"];
        };
        /** @description The organization's settings. */
        SettingsAnswer: components["schemas"]["After"] & {
            /**
             * Format: int64
             * @description `null`: the smaller of 1,000 and a tenth of the last top-up.
             */
            low_balance_threshold?: number | null;
            /** Format: int64 */
            overdraft_limit: number;
        };
        /** @description All settings; what is left out goes back to its default. */
        SettingsBody: {
            /**
             * Format: int64
             * @description Default: the smaller of 1,000 and a tenth of the last top-up.
             */
            low_balance_threshold?: number | null;
            /**
             * Format: int64
             * @description How far below zero the organization may go.
             * @default 0
             */
            overdraft_limit?: number | null;
        };
        /** @description The settings in force. */
        SettingsView: {
            /** Format: int64 */
            last_sequence: number;
            /**
             * Format: int64
             * @description `null`: the smaller of 1,000 and a tenth of the last top-up.
             */
            low_balance_threshold?: number | null;
            organization_id: string;
            /** Format: int64 */
            overdraft_limit: number;
        };
        /** @description What the amount means to the organization. */
        Standing: {
            /**
             * Format: int64
             * @description What a consumption of this operation could take, overdraft included.
             */
            available: number;
            /** Format: int64 */
            balance: number;
            can_afford: boolean;
            organization_id: string;
            /**
             * @description `amount` divided by `balance`, rounded up to four decimals; absent where there is no balance.
             * @example 0.6250
             */
            share_of_balance?: string | null;
            /** @description A sentence, where the amount is above the price book's `warning_percent` of the balance (default 50). */
            warning?: string | null;
        };
        /** @description A projector that cannot pass an event. */
        StoppedProjector: {
            /** Format: int32 */
            partition: number;
            /**
             * Format: int64
             * @description Of the event that it cannot pass.
             */
            position: number;
            /** @example usage */
            projector: string;
        };
        /** @description Why nothing is charged until somebody has looked. */
        SuspensionView: {
            cause: string;
            /** @description Whether another saved card ends it; `POST .../resume` always does. */
            ends_with_a_new_card: boolean;
            reason: string;
            /** Format: date-time */
            since: string;
        };
        /** @description The tokens of a text. */
        TokensView: {
            /** @description The model's own tokenizer is another one, so that the count is only near. */
            approximate: boolean;
            /** Format: int64 */
            input_tokens: number;
            /** @description The vocabulary that counted: `cl100k_base` or `o200k_base`. */
            tokenizer: string;
        };
        /** @description One movement of the balance. */
        TransactionRow: {
            /** @description Who did it: `key:<id>`, `token:<subject>`, `system:<process>` or `cli:<user>`. */
            actor: string;
            /**
             * Format: int64
             * @description Signed; zero only for a consumption that cost nothing.
             */
            amount: number;
            /** Format: int64 */
            balance_after: number;
            /** Format: date-time */
            created_at: string;
            /** @description The caller's description of a consumption, else the reason that was given. */
            description?: string | null;
            /**
             * Format: uuid
             * @description The purchase, grant or consumption that moved.
             */
            entity_id?: string | null;
            /**
             * Format: uuid
             * @description Of the event.
             */
            id: string;
            metadata: Record<string, unknown>;
            operation?: string | null;
            reference?: components["schemas"]["ReferenceRow"] | null;
            /**
             * Format: int64
             * @description The place of the event in the organization's stream; what moves nothing leaves gaps.
             */
            sequence: number;
            subject?: string | null;
            /** @description `purchase`, `grant`, `consumption`, `refund`, `expiration`, `void`, `revocation`, `reinstatement` or `adjustment`. */
            type: string;
        };
        /** @description The usage of one bucket and group. What was not grouped by is left out; what was, and was not given, is `null`. */
        UsageRow: {
            /**
             * Format: date-time
             * @description Begin of the hour, day or month (UTC).
             */
            bucket: string;
            /**
             * Format: int64
             * @description Consumptions and confirmed reservations, refunded ones included.
             */
            count: number;
            /** Format: int64 */
            credits: number;
            dimensions?: {
                [key: string]: string | null;
            };
            operation?: string | null;
            /** @description Sums by unit; whole numbers of any size. */
            quantities: Record<string, unknown>;
            /**
             * Format: int64
             * @description Credits of work that nothing paid for.
             */
            shortfall: number;
            subject?: string | null;
        };
        /** @description The labels of a consumption or reservation, as they were given. */
        UsageView: {
            description?: string | null;
            dimensions?: {
                [key: string]: string;
            };
            metadata?: Record<string, unknown>;
            /**
             * Format: date-time
             * @description The hour that the usage counts in, where the caller said so.
             */
            occurred_at?: string | null;
            operation?: string | null;
            quantities?: {
                [key: string]: number;
            };
            reference?: components["schemas"]["ReferenceView"] | null;
            subject?: string | null;
        };
        /** @description Why a grant is voided. */
        VoidBody: {
            reason: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    show_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    commands: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchBody"];
            };
        };
        responses: {
            /** @description Each command's own status */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description More than 1,000 commands */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EstimateBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EstimateAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    feed: {
        parameters: {
            query?: {
                /** @description Only events after this cursor: a `next_cursor`, the id of a streamed event, or `end`; default from the first. */
                after?: string;
                /**
                 * @description Only these types: names, separated by commas.
                 * @example CreditsConsumed,GrantExpired
                 */
                type?: string;
                /** @description Only this organization's. A key that is bound to one gets that one's in any case. */
                organization_id?: string;
                /** @description 1 to 1,000 events of a page; NDJSON without it is everything up to the end. */
                limit?: number;
            };
            header?: {
                /** @description Stands for `after`, which it overrules */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeedPage"];
                    "application/x-ndjson": components["schemas"]["EventView"];
                    "text/event-stream": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeysPage"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    revoke_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_notification_endpoints: {
        parameters: {
            query?: {
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_NotificationEndpointView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationEndpointBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpointView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    read_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpointView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    remove_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    change_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationEndpointChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpointView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    notification_deliveries: {
        parameters: {
            query?: {
                /** @description `waiting`, `delivered` or `parked`; default all. */
                state?: string;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_DeliveryView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    resend_notification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResendBody"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResentView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    rotate_notification_secret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecretRotationBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationEndpointView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    test_notification_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    organizations: {
        parameters: {
            query?: {
                /** @description With what the id begins. */
                prefix?: string;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_OrganizationRow"];
                    "text/csv": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    adjust: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdjustBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdjustmentAnswer"];
                };
            };
            /** @description Too few credits */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    read_auto_recharge: {
        parameters: {
            query?: {
                /** @description An instant of the past: the policy and the decision as they were then. */
                at?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoRechargeState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    configure_auto_recharge: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AutoRechargeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoRechargeAnswer"];
                };
            };
            /** @description The package is unknown or retired, or could not lift the balance above the threshold */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    resume_auto_recharge: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResumeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AutoRechargeResumption"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    balance: {
        parameters: {
            query?: {
                /** @description `strong`: from the write side, settled to now. `default`: from the read model, which is moments behind. */
                consistency?: string;
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
                /** @description An instant of the past: the figures as they were then, from the log, holds included. */
                at?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BalanceAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_browser_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BrowserTokenBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BrowserTokenAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    revoke_browser_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    open_checkout: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckoutBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutAnswer"];
                };
            };
            /** @description Payments are off on this server */
            501: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The payment processor refused; the purchase has failed */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The payment processor did not answer; the same key finds out */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    command: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
                idempotency_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The command's own answer, with its own status */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    consume: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConsumeBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumptionAnswer"];
                };
            };
            /** @description Too few credits */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    consumption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumptionReceipt"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    refund_consumption: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumptionRefundAnswer"];
                };
            };
            /** @description Its state forbids it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                /** @description Only events after this one; default from the first. */
                after_sequence?: number;
                /**
                 * @description Only these types: names, separated by commas.
                 * @example CreditsConsumed,GrantExpired
                 */
                type?: string;
                /** @description 1 to 1,000 events of a page; NDJSON without it is everything up to the end. */
                limit?: number;
            };
            header?: {
                /** @description Stands for `after_sequence`, which it overrules */
                "Last-Event-ID"?: number | null;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventsPage"];
                    "application/x-ndjson": components["schemas"]["EventView"];
                    "text/event-stream": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    forecast: {
        parameters: {
            query?: {
                /** @description Over how many days spending is measured, 1 to 90; over fewer where the organization is younger. */
                days?: number;
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForecastAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    grants: {
        parameters: {
            query?: {
                /** @description `scheduled`, `active`, `depleted`, `expired`, `voided` or `merged`. */
                status?: string;
                /** @description `newest` (default), or `expiry`: scheduled and active ones only, the next to end first. */
                order?: "newest" | "expiry";
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantsPage"];
                    "text/csv": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    grant: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    read_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantReceipt"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    void_grant: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VoidBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantVoidAnswer"];
                };
            };
            /** @description Its state forbids it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    purchases: {
        parameters: {
            query?: {
                /** @description `started`, `completed`, `failed`, `expired`, `partly_revoked` or `revoked`. */
                status?: string;
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_PurchaseRow"];
                    "text/csv": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    record_purchase: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurchaseBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurchaseAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    purchase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurchaseReceipt"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    refund_purchase: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurchaseRefundBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PurchaseRevocationAnswer"];
                };
            };
            /** @description Its state forbids it, or the payment processor refused */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description It was paid at the payment processor, and payments are off on this server */
            501: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The payment processor did not answer; the same key finds out */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    recurring_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecurringGrantState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    configure_recurring_grant: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecurringGrantBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecurringGrantAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    reservations: {
        parameters: {
            query?: {
                /** @description `pending`, `confirmed`, `cancelled` or `expired`. */
                status?: string;
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_ReservationRow"];
                    "text/csv": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    reserve: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReserveBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReservationAnswer"];
                };
            };
            /** @description Too few credits */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    reservation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReservationReceipt"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    cancel_reservation: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CancelBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReservationEndAnswer"];
                };
            };
            /** @description Its state forbids it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    confirm_reservation: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumptionAnswer"];
                };
            };
            /** @description Its state forbids it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    settings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    change_settings: {
        parameters: {
            query?: never;
            header: {
                "Idempotency-Key": string;
            };
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingsBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingsAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    transactions: {
        parameters: {
            query?: {
                /**
                 * @description One or more, separated by commas: `purchase`, `grant`, `consumption`, `refund`, `expiration`, `void`,
                 *     `revocation`, `reinstatement`, `adjustment`.
                 */
                type?: string;
                /** @description From this instant on. */
                from?: string;
                /** @description Before this instant. */
                to?: string;
                operation?: string;
                /** @description The id of the caller's own record, a payment, a refund or a dispute. */
                reference_id?: string;
                /** @description With `reference_id`: its kind. */
                reference_type?: string;
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_TransactionRow"];
                    "text/csv": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    usage: {
        parameters: {
            query?: {
                /** @description From this hour on; default a day before `to` by hours, 30 days by days, 365 days by months. */
                from?: string;
                /** @description Before the end of this hour; default now. At most 31 days by hours, 366 by days, 3,660 by months. */
                to?: string;
                /** @description What one row stands for, in UTC: `hour`, `day` (default) or `month`. */
                bucket?: "hour" | "day" | "month";
                /** @description Up to four, separated by commas: `operation`, `subject`, `dimensions.<name>`. */
                group_by?: string;
                /** @description Only this operation. */
                operation?: string;
                /** @description Only this subject. */
                subject?: string;
                /** @description A command's `sequence`: the answer includes that command. */
                min_sequence?: number;
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_UsageRow"];
                    "text/csv": string;
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_packages: {
        parameters: {
            query?: {
                /** @description Packages that are not for sale any more, too. */
                include_retired?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_PackageView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_package: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PackageBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageView"];
                };
            };
            /** @description There is one of this id with other terms */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    read_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    change_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PackageChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    package_history: {
        parameters: {
            query?: {
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_PackageView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    retire_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackageView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    read_price_book: {
        parameters: {
            query?: {
                /** @description The version in force then; default now. */
                at?: string;
                /** @description This version, in force or not. */
                version?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PriceBookView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    publish_price_book: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PriceBookBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PriceBookView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    price_book_diff: {
        parameters: {
            query: {
                from: number;
                to: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiffAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    price_book_scale: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScaleAnswer"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    price_book_versions: {
        parameters: {
            query?: {
                /** @description 1 to 1,000. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_PriceBookVersion"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    stripe: {
        parameters: {
            query?: never;
            header: {
                "Stripe-Signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description Kept, or known from an earlier delivery */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The signature is not of this body and time; nothing is kept */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description It could not be kept: deliver it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
}
