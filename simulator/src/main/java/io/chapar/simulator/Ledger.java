package io.chapar.simulator;

import io.chapar.client.ChaparException;
import io.chapar.client.UnknownOutcomeException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the writers of the simulation know they did: every record by the stamp that it carries, every transaction, and
/// what its client was told. Kept outside of the simulated processes, so it outlives them.
final class Ledger {
    /// UNKNOWN until the client was told something definite.
    enum Fate { UNKNOWN, DONE, FAILED }

    /// One record.
    static final class Written {
        private final String topic;
        private final @Nullable Txn txn;
        private final boolean once;
        private Fate fate = Fate.UNKNOWN;
        private long offset = -1;

        private Written(String topic, @Nullable Txn txn, boolean once) {
            this.topic = topic;
            this.txn = txn;
            this.once = once;
        }

        String topic() {
            return topic;
        }

        /// Null outside of transactions.
        @Nullable Txn txn() {
            return txn;
        }

        /// Whether its producer promises that it is written once.
        boolean once() {
            return once;
        }

        Fate fate() {
            return fate;
        }

        long offset() {
            return offset;
        }

        void done(long at) {
            fate = Fate.DONE;
            offset = at;
        }

        void failed(Throwable how) {
            // Not known to have failed where the client says that it does not know.
            if (how instanceof ChaparException && !(how instanceof UnknownOutcomeException)) {
                fate = Fate.FAILED;
            }
        }
    }

    /// One transaction.
    static final class Txn {
        private final String name;
        private final List<String> stamps = new ArrayList<>();
        private final List<String> read = new ArrayList<>();
        /// FAILED until somebody asks for the commit.
        private Fate fate = Fate.FAILED;

        private Txn(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        List<String> stamps() {
            return stamps;
        }

        Fate fate() {
            return fate;
        }

        /// What it was given of others' records before it wrote.
        List<String> read() {
            return read;
        }

        void commitAsked() {
            fate = Fate.UNKNOWN;
        }

        void committed() {
            fate = Fate.DONE;
        }

        void notCommitted() {
            fate = Fate.FAILED;
        }
    }

    private final Map<String, Written> records = new TreeMap<>();
    private final List<Txn> transactions = new ArrayList<>();
    private int stamps;

    Txn begin(String writer) {
        Txn txn = new Txn(writer + ".t" + transactions.size());
        transactions.add(txn);
        return txn;
    }

    /// A stamp for a record about to be sent.
    String stamp(String writer, String topic, @Nullable Txn txn, boolean once) {
        String stamp = writer + "." + ++stamps;
        records.put(stamp, new Written(topic, txn, once));
        if (txn != null) {
            txn.stamps.add(stamp);
        }
        return stamp;
    }

    /// Whether somebody wrote this to the topic, or it was made from what somebody wrote. A dead letter is what its
    /// application could not process, as it was.
    boolean wasWritten(String topic, String value) {
        if (value.isEmpty()) {
            return topic.equals(Topics.COMPACTED);
        }
        int made = value.indexOf(Processor.SEPARATOR);
        Written written = records.get(made < 0 ? value : value.substring(0, made));
        return written != null
                && (made >= 0 || written.topic().equals(topic) || topic.equals(Processor.DEAD_LETTERS));
    }

    /// Null when nobody wrote it.
    @Nullable Written record(String stamp) {
        return records.get(stamp);
    }

    Map<String, Written> records() {
        return records;
    }

    List<Txn> transactions() {
        return transactions;
    }
}
