package io.chapar.cli;

import io.chapar.client.admin.TransactionListing;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;

/// The open transactions that began first, where there are too many to ask for the beginning of each: lists tell no
/// beginning, and can be asked for those that have been open for longer than some time.
///
/// @param found each older than those that are left out, as far as `unknown` is 0
/// @param unknown of how many that are left out it is not known whether they are older
record OldestOpen(List<TransactionListing> found, int unknown) {
    private static final long FIRST_MS = 1_000;
    private static final int FASTER = 4;
    private static final int MOST_ASKED = 24;

    /// @param all open ones, whenever they began
    /// @param openLongerThan those that have been open for more than so many milliseconds
    /// @param least as many are found, where there are so many
    /// @param most no more than these are
    static OldestOpen of(List<TransactionListing> all, LongFunction<List<TransactionListing>> openLongerThan,
            int least, int most) {
        List<TransactionListing> tooMany = all;
        Set<TransactionListing> older = new LinkedHashSet<>();
        long tooShortMs = 0;
        long longEnoughMs = Long.MAX_VALUE;
        for (int asked = 0; all.size() > most && asked < MOST_ASKED && longEnoughMs - tooShortMs > 1; asked++) {
            long ms = longEnoughMs == Long.MAX_VALUE ? Math.max(FIRST_MS, tooShortMs * FASTER)
                    : (tooShortMs + longEnoughMs) / 2;
            List<TransactionListing> some = openLongerThan.apply(ms);
            if (some.size() > most) {
                tooShortMs = ms;
                tooMany = some;
            } else {
                longEnoughMs = ms;
                older.addAll(some);
                if (some.size() >= least) {
                    return new OldestOpen(some, 0);
                }
            }
        }
        List<TransactionListing> found = new ArrayList<>(older);
        tooMany.stream().filter(each -> !older.contains(each)).limit(Math.max(0, most - found.size()))
                .forEach(found::add);
        return new OldestOpen(found, Math.max(0, tooMany.size() - found.size()));
    }
}
