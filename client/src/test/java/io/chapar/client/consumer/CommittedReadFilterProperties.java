package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.FetchResponse.AbortedTransaction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A log of interleaved transactions, against the plain definition: a record is seen if it is not of an aborted
/// transaction.
class CommittedReadFilterProperties {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    enum What {
        PLAIN, IDEMPOTENT, DATA, COMMIT, ABORT
    }

    record Step(What what, int producer, int count) {
    }

    private record Piece(long first, long last, int from, int to, boolean data) {
    }

    /// A log up to its last stable offset, as bytes and as what a reader must see of it.
    private static final class Log {
        final List<Piece> pieces = new ArrayList<>();
        final List<AbortedTransaction> aborted = new ArrayList<>();
        final List<Long> abortedEnds = new ArrayList<>();
        final TreeSet<Long> visible = new TreeSet<>();
        ByteBuffer bytes;

        Log(List<Step> steps) {
            Batches batches = Batches.from(0);
            Map<Integer, List<Long>> open = new TreeMap<>();
            List<Step> closed = new ArrayList<>(steps);
            for (int producer = 0; producer < 4; producer++) {
                closed.add(new Step(What.COMMIT, producer, 1)); // so that everything is below the last stable offset
            }
            for (Step step : closed) {
                long first = batches.nextOffset();
                int from = batches.buffer().remaining();
                List<Long> mine = open.get(step.producer);
                switch (step.what) {
                    case PLAIN -> see(batches.plain(step.count), first);
                    case IDEMPOTENT -> {
                        if (mine != null) {
                            continue; // a producer with an open transaction writes nothing else
                        }
                        see(batches.idempotent(step.producer, step.count), first);
                    }
                    case DATA -> {
                        batches.transactional(step.producer, step.count);
                        List<Long> offsets = open.computeIfAbsent(step.producer, id -> new ArrayList<>());
                        for (long offset = first; offset < batches.nextOffset(); offset++) {
                            offsets.add(offset);
                        }
                    }
                    case COMMIT, ABORT -> {
                        batches.marker(step.producer, step.what == What.COMMIT);
                        open.remove(step.producer);
                        if (mine != null && step.what == What.COMMIT) {
                            visible.addAll(mine);
                        } else if (mine != null) {
                            aborted.add(new AbortedTransaction(step.producer, mine.getFirst()));
                            abortedEnds.add(first);
                        }
                    }
                }
                pieces.add(new Piece(first, batches.nextOffset() - 1, from, batches.buffer().remaining(),
                        step.what != What.COMMIT && step.what != What.ABORT));
            }
            bytes = batches.buffer();
        }

        private void see(Batches batches, long first) {
            for (long offset = first; offset < batches.nextOffset(); offset++) {
                visible.add(offset);
            }
        }

        /// What a broker answers for a fetch of pieces `from` to `to`, beginning `inside` the first one.
        FetchedData fetch(int from, int to, int inside, long seed) {
            Piece head = pieces.get(from);
            Piece tail = pieces.get(to);
            long offset = head.first + inside % (head.last - head.first + 1);
            List<AbortedTransaction> listed = new ArrayList<>();
            for (int i = 0; i < aborted.size(); i++) {
                if (abortedEnds.get(i) >= offset && aborted.get(i).firstOffset() <= tail.last) {
                    listed.add(aborted.get(i));
                }
            }
            Collections.shuffle(listed, new Random(seed));
            return new FetchedData(PARTITION, offset, bytes.slice(head.from, tail.to - head.from), tail.last + 1,
                    Batches.EPOCH, listed);
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<What> what = Arbitraries.frequency(net.jqwik.api.Tuple.of(1, What.PLAIN),
                net.jqwik.api.Tuple.of(1, What.IDEMPOTENT), net.jqwik.api.Tuple.of(6, What.DATA),
                net.jqwik.api.Tuple.of(2, What.COMMIT), net.jqwik.api.Tuple.of(3, What.ABORT));
        return Combinators.combine(what, Arbitraries.integers().between(0, 3), Arbitraries.integers().between(1, 3))
                .as(Step::new).list().ofMinSize(1).ofMaxSize(40);
    }

    @Property(tries = 500)
    void oneFetchAnywhere(@ForAll("steps") List<Step> steps, @ForAll @IntRange(max = 100) int from,
            @ForAll @IntRange(max = 100) int to, @ForAll @IntRange(max = 5) int inside, @ForAll long seed) {
        Log log = new Log(steps);
        int first = from % log.pieces.size();
        int last = first + to % (log.pieces.size() - first);
        FetchedData data = log.fetch(first, last, inside, seed);
        assertEquals(List.copyOf(log.visible.subSet(data.startOffset(), data.nextOffset())), read(data));
    }

    @Property(tries = 200)
    void manyFetchesInARow(@ForAll("steps") List<Step> steps, @ForAll long seed) {
        Log log = new Log(steps);
        Random random = new Random(seed);
        List<Long> seen = new ArrayList<>();
        for (int next = 0; next < log.pieces.size();) {
            int last = next + random.nextInt(Math.min(4, log.pieces.size() - next));
            seen.addAll(read(log.fetch(next, last, 0, seed)));
            next = last + 1;
        }
        assertEquals(List.copyOf(log.visible), seen);
    }

    private static List<Long> read(FetchedData data) {
        ChunkReader reader = new ChunkReader(data);
        List<Long> seen = new ArrayList<>();
        while (reader.hasRecord()) {
            seen.add(reader.record().offset());
            reader.take();
        }
        assertEquals(data.nextOffset(), reader.position());
        return seen;
    }
}
