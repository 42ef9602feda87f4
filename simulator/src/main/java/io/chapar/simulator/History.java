package io.chapar.simulator;

import io.chapar.processor.ErrorPolicy;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/// At the end, what writers were told and readers were given is held against what stands in the logs. The words are
/// those of Jepsen's reports: lost write, duplicate, aborted read, torn transaction, poll skip.
final class History {
    private record Place(GhostLog log, SeenBatch batch, long offset) {
        @Override
        public String toString() {
            return log.name() + "@" + offset + " (" + log.fate(batch) + ")";
        }
    }

    private final World world;
    private final Ghosts ghosts;
    private final Ledger ledger;
    private final Map<String, List<Place>> places = new TreeMap<>();

    History(World world, Ghosts ghosts, Ledger ledger) {
        this.world = world;
        this.ghosts = ghosts;
        this.ledger = ledger;
        for (GhostLog log : ghosts.all()) {
            if (log.id().topic().startsWith("__")) {
                continue;
            }
            for (SeenBatch batch : log.from(0)) {
                for (SeenBatch.SeenRecord record : batch.records()) {
                    places.computeIfAbsent(record.text(), _ -> new ArrayList<>())
                            .add(new Place(log, batch, record.offset()));
                }
            }
        }
    }

    /// Topics that nobody deletes from. Where a partition may have lost something, those of the others are judged.
    void check(List<String> lasting, List<Reader> readers) {
        if (ghosts.isLossyAltogether()) {
            return;
        }
        List<String> whole = lasting.stream().filter(topic -> !ghosts.isLossy(topic)).toList();
        ledger.records().forEach((stamp, written) -> {
            if (whole.contains(written.topic()) && written.txn() == null) {
                single(stamp, written);
            }
        });
        ledger.transactions().stream().filter(txn -> txn.stamps().stream()
                .allMatch(stamp -> whole.contains(requireNonNull(ledger.record(stamp), "of this ledger").topic())))
                .forEach(this::transaction);
        readers.forEach(reader -> reader.delivered().forEach(this::delivered));
        if (!ghosts.isLossy()) {
            new Dependencies(world, ledger, this::isVisible).check();
        }
    }

    /// Each committed input has been turned into exactly one committed output, or, where the application's function
    /// cannot take it, into what the error policy says, once.
    void checkProcessed(String from, String to, String application) {
        if (ghosts.isLossy()) {
            return;
        }
        String missing = unprocessed(from, to, application);
        if (missing != null) {
            world.broken("Each input is processed exactly once (lost)", missing);
        }
        ErrorPolicy policy = Processor.policy(world, application);
        places.forEach((text, there) -> {
            List<Place> seen = visible(there, to);
            List<Place> dead = visible(there, Processor.DEAD_LETTERS);
            if (seen.size() > 1 || dead.size() > 1) {
                world.broken("Each input is processed exactly once (duplicate)", text + " is at " + seen + dead);
            }
            String input = text.contains(Processor.SEPARATOR)
                    ? text.substring(0, text.indexOf(Processor.SEPARATOR)) : "";
            if ((!seen.isEmpty() && Processor.lot(policy, input) != Processor.Lot.OUTPUT)
                    || (!dead.isEmpty() && Processor.lot(policy, text) != Processor.Lot.DEAD_LETTER)) {
                world.broken("The error policy holds for what cannot be processed and for nothing else",
                        text + " is at " + seen + dead);
            }
            if (!dead.isEmpty() && visible(there, from).isEmpty()) {
                world.broken("What is processed was committed (aborted read)", text + " is at " + dead);
            }
            if (!seen.isEmpty() && visible(places.getOrDefault(input, List.of()), from).isEmpty()) {
                world.broken("What is processed was committed (aborted read)", text + " is at " + seen);
            }
        });
    }

    /// A committed input without an output, or null.
    @Nullable String unprocessed(String from, String to, String application) {
        return waiting(from, to, application).findFirst().orElse(null);
    }

    /// How many committed inputs have no output yet.
    long backlog(String from, String to, String application) {
        return waiting(from, to, application).count();
    }

    private Stream<String> waiting(String from, String to, String application) {
        ErrorPolicy policy = Processor.policy(world, application);
        return places.entrySet().stream()
                .filter(one -> visible(one.getValue(), from).stream()
                        .anyMatch(place -> place.log().isBeforeLastCall(place.offset()))
                        && switch (Processor.lot(policy, one.getKey())) {
                            case OUTPUT -> visible(places.getOrDefault(
                                    one.getKey() + Processor.SEPARATOR + application, List.of()), to).isEmpty();
                            case DEAD_LETTER -> visible(one.getValue(), Processor.DEAD_LETTERS).isEmpty();
                            case NOTHING -> false;
                        })
                .map(one -> one.getKey() + " at " + one.getValue());
    }

    /// Whether readers of committed data are given the record.
    private boolean isVisible(String stamp) {
        return places.getOrDefault(stamp, List.of()).stream().anyMatch(place -> place.log().isVisible(place.batch()));
    }

    private static List<Place> visible(List<Place> among, String topic) {
        return among.stream().filter(place -> place.log().id().topic().equals(topic))
                .filter(place -> place.log().isVisible(place.batch())).toList();
    }

    /// Where its writer has written it: a dead letter is somebody else's, and goes by the same stamp.
    private List<Place> written(String stamp) {
        return places.getOrDefault(stamp, List.of()).stream()
                .filter(place -> !place.log().id().topic().equals(Processor.DEAD_LETTERS)).toList();
    }

    private void single(String stamp, Ledger.Written written) {
        List<Place> there = written(stamp);
        switch (written.fate()) {
            case DONE -> {
                if (there.isEmpty()) {
                    world.broken("What was acknowledged is there (lost write)", stamp);
                }
            }
            case FAILED -> {
                if (!there.isEmpty()) {
                    world.broken("What was refused is not there", stamp + " is at " + there);
                }
            }
            case UNKNOWN -> { }
        }
        if (written.once() && there.size() > 1) {
            world.broken("Nothing is written twice (duplicate)", stamp + " is at " + there);
        }
    }

    private void transaction(Ledger.Txn txn) {
        int visible = 0;
        for (String stamp : txn.stamps()) {
            List<Place> there = written(stamp).stream()
                    .filter(place -> place.log().fate(place.batch()) == GhostLog.Fate.COMMITTED).toList();
            if (there.size() > 1) {
                world.broken("Nothing is written twice (duplicate)", stamp + " is at " + there);
            }
            visible += there.isEmpty() ? 0 : 1;
        }
        int all = txn.stamps().size();
        boolean right = switch (txn.fate()) {
            case DONE -> visible == all;
            case FAILED -> visible == 0;
            case UNKNOWN -> visible == 0 || visible == all;
        };
        if (!right) {
            world.broken("Transactions are visible whole, or not at all (torn transaction)", txn.name() + ", "
                    + switch (txn.fate()) {
                        case DONE -> "committed";
                        case FAILED -> "never committed";
                        case UNKNOWN -> "of unknown outcome";
                    } + ": " + visible + " of " + all + " records are visible");
        }
    }

    /// Between two records that a reader got there is none that it should have got as well, and it got nothing else.
    private void delivered(Reader.Delivered one) {
        GhostLog log = ghosts.log(one.cluster(), one.partition());
        if (log == null || log != one.log() || ghosts.isLossy(log) || one.offsets().isEmpty()) {
            return;
        }
        long first = one.offsets().getFirst();
        long last = one.offsets().getLast();
        Iterator<Long> given = one.offsets().iterator();
        long got = given.next();
        for (SeenBatch batch : log.from(0)) {
            boolean shown = batch.isData() && (!one.committedOnly() || log.isVisible(batch));
            for (SeenBatch.SeenRecord record : batch.records()) {
                if (!shown || record.offset() < first || record.offset() > last) {
                    continue;
                }
                if (record.offset() == got) {
                    got = given.hasNext() ? given.next() : Long.MAX_VALUE;
                } else if (!log.maySkip(batch, record) || record.offset() > got) {
                    wrong(one, log, got, Long.toString(record.offset()));
                    return;
                }
            }
        }
        if (got != Long.MAX_VALUE) {
            wrong(one, log, got, "nothing");
        }
    }

    private void wrong(Reader.Delivered one, GhostLog log, long got, String next) {
        world.broken("Readers skip nothing and see nothing aborted (poll skip, aborted read)",
                (one.committedOnly() ? "read_committed" : "read_uncommitted") + " of " + log.name() + ": got "
                        + (got == Long.MAX_VALUE ? "nothing" : got) + " where " + next + " was next");
    }
}
