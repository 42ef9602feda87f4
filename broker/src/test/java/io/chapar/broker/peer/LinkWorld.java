package io.chapar.broker.peer;

import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerResult;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;

/// Two brokers joined by a wire on virtual time: broker 1 dials broker 2. The wire delays, and cuts what is written
/// into pieces as it is drawn; it can be cut, and broker 2's port can be closed, or silent.
final class LinkWorld {
    static final UUID CLUSTER = new UUID(7, 7);
    static final short VERSION = 2;
    static final LinkLimits LIMITS = LinkLimits.of(1 << 20);

    private record Event(long atMs, long order, Runnable task) {}

    enum Port { OPEN, CLOSED, SILENT }

    final Random random;
    final Listener listener = new Listener();
    final Dialler dialler;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            Comparator.comparingLong(Event::atMs).thenComparingLong(Event::order));
    private final long slowestMs;
    private long order;
    private Greeting greetingOfListener = greeting(2);
    private @Nullable PeerSecret secretOfListener;
    private @Nullable Pipe pipe;
    Port port = Port.OPEN;
    /// Whether bytes move from here on.
    boolean moves = true;
    long nowMs = 1_000_000;

    LinkWorld(long seed, long slowestMs) {
        this(seed, slowestMs, greeting(1), null, LinkPurpose.QUESTIONS, 2);
    }

    LinkWorld(long seed, long slowestMs, Greeting own, @Nullable PeerSecret secret, LinkPurpose purpose, int dialled) {
        random = new Random(seed);
        this.slowestMs = slowestMs;
        dialler = new Dialler(own, secret, purpose, dialled);
    }

    static Greeting greeting(int node) {
        return new Greeting(CLUSTER, node, new UUID(node, 1), 10 + node, 2, 0);
    }

    LinkWorld listenerIs(Greeting other, @Nullable PeerSecret secret) {
        greetingOfListener = other;
        secretOfListener = secret;
        return this;
    }

    /// A question that its answer can be told by.
    static WriteTxnMarkersRequest question(long number) {
        return WriteTxnMarkersRequest.builder().markers(List.of(
                new WritableTxnMarker(number, (short) 0, true, List.of(), 0, (byte) 2))).build();
    }

    static long number(Request request) {
        return ((WriteTxnMarkersRequest) request).markers().getFirst().producerId();
    }

    static WriteTxnMarkersResponse answer(long number) {
        return WriteTxnMarkersResponse.builder()
                .markers(List.of(new WritableTxnMarkerResult(number, List.of()))).build();
    }

    // ---- time

    void at(long delayMs, Runnable task) {
        events.add(new Event(nowMs + delayMs, order++, task));
    }

    long drawMs() {
        return slowestMs == 0 ? 0 : random.nextLong(slowestMs + 1);
    }

    /// Lets everything happen up to then.
    void advance(long ms) {
        long until = nowMs + ms;
        while (true) {
            Event next = events.peek();
            long eventMs = next == null ? Long.MAX_VALUE : next.atMs();
            AdmittedLinkCore admitted = pipe == null ? null : pipe.admitted;
            long timerMs = Math.min(dialler.core.nextMs(), admitted == null ? Long.MAX_VALUE : admitted.nextMs());
            if (Math.min(eventMs, timerMs) > until) {
                nowMs = until;
                return;
            }
            if (eventMs <= timerMs) {
                nowMs = Math.max(nowMs, eventMs);
                events.remove().task().run();
            } else {
                nowMs = Math.max(nowMs, timerMs);
                dialler.core.tick(nowMs);
                if (admitted != null) {
                    admitted.tick(nowMs);
                }
            }
        }
    }

    // ---- the wire

    /// Both ends find out, each in its time.
    void cut() {
        if (pipe != null) {
            pipe.cut();
        }
    }

    /// One connection.
    final class Pipe {
        private final Way toListener = new Way();
        private final Way toDialler = new Way();
        private @Nullable AdmittedLinkCore admitted;
        private boolean open = true;

        void accept() {
            admitted = new AdmittedLinkCore(greetingOfListener, secretOfListener, LIMITS, random, new LinkLine() {
                @Override
                public void write(List<ByteBuffer> parts) {
                    toDialler.put(parts);
                    at(drawMs(), () -> deliver(toDialler));
                }

                @Override
                public void reading(boolean on) {
                    listener.reads = on;
                }

                @Override
                public void close() {
                    at(drawMs(), () -> endOfStream());
                }
            }, listener.of(this), nowMs);
        }

        /// What was written before the end arrives before it.
        private void endOfStream() {
            while (open && moves && toDialler.size() > 0) {
                deliver(toDialler);
            }
            if (open) {
                open = false;
                dialler.core.lost("closed", nowMs);
            }
        }

        void deliver(Way way) {
            if (!open || !moves || way.size() == 0) {
                return;
            }
            byte[] piece = way.take(1 + random.nextInt(way.size()));
            if (way == toListener) {
                at(0, () -> {
                    if (open) {
                        dialler.core.taken(piece.length, nowMs);
                    }
                });
                admitted().received(ByteBuffer.wrap(piece), nowMs);
            } else {
                at(0, () -> admitted().taken(piece.length, nowMs));
                dialler.core.received(ByteBuffer.wrap(piece), nowMs);
            }
            if (way.size() > 0) {
                at(drawMs(), () -> deliver(way));
            }
        }

        AdmittedLinkCore admitted() {
            return java.util.Objects.requireNonNull(admitted, "accepted");
        }

        void cut() {
            if (open) {
                open = false;
                at(drawMs(), () -> {
                    if (this == pipe) {
                        dialler.core.lost("cut", nowMs);
                    }
                });
                if (admitted != null) {
                    at(drawMs(), () -> admitted().lost("cut", nowMs));
                }
            }
        }
    }

    /// Bytes on their way.
    static final class Way {
        private byte[] bytes = new byte[1 << 10];
        private int from;
        private int to;

        void put(List<ByteBuffer> parts) {
            int length = parts.stream().mapToInt(ByteBuffer::remaining).sum();
            ByteBuffer frame = ByteBuffer.allocate(4 + length).putInt(length);
            parts.forEach(part -> frame.put(part.duplicate()));
            put(frame.array());
        }

        void put(byte[] more) {
            if (to + more.length > bytes.length) {
                byte[] larger = new byte[2 * (to - from + more.length)];
                System.arraycopy(bytes, from, larger, 0, to - from);
                bytes = larger;
                to -= from;
                from = 0;
            }
            System.arraycopy(more, 0, bytes, to, more.length);
            to += more.length;
        }

        int size() {
            return to - from;
        }

        byte[] take(int length) {
            byte[] taken = java.util.Arrays.copyOfRange(bytes, from, from + length);
            from += length;
            return taken;
        }
    }

    // ---- the ends

    /// Broker 1.
    final class Dialler implements LinkLine.Dialling, LinkEvents {
        final PeerLinkCore core;
        final List<String> unlinked = new ArrayList<>();
        final List<Greeting> linked = new ArrayList<>();
        final List<LinkRefusal> refused = new ArrayList<>();
        final List<Evidence> evidence = new ArrayList<>();
        final List<byte[]> frames = new ArrayList<>();
        final List<Long> dials = new ArrayList<>();

        Dialler(Greeting own, @Nullable PeerSecret secret, LinkPurpose purpose, int dialled) {
            core = new PeerLinkCore(new PeerLinkCore.Target(dialled, "broker " + dialled), own, secret, purpose, LIMITS,
                    random, this, this);
        }

        @Override
        public void dial() {
            dials.add(nowMs);
            Pipe made = new Pipe();
            pipe = made;
            at(drawMs(), () -> {
                if (made != pipe) {
                    return;
                }
                if (!made.open) {
                    core.unreached("cut", nowMs);
                    return;
                }
                switch (port) {
                    case OPEN -> {
                        made.accept();
                        core.dialled(nowMs);
                    }
                    case CLOSED -> core.refused(nowMs);
                    case SILENT -> { }
                }
            });
        }

        @Override
        public void write(List<ByteBuffer> parts) {
            Pipe to = java.util.Objects.requireNonNull(pipe, "dialled");
            to.toListener.put(parts);
            at(drawMs(), () -> to.deliver(to.toListener));
        }

        @Override
        public void reading(boolean on) {
            throw new AssertionError("who dials always reads");
        }

        @Override
        public void close() {
            Pipe closed = pipe;
            pipe = null;
            if (closed != null && closed.admitted != null && closed.open) {
                closed.open = false;
                at(drawMs(), () -> closed.admitted().lost("closed", nowMs));
            }
        }

        @Override
        public void linked(Greeting other) {
            linked.add(other);
        }

        @Override
        public void refused(LinkRefusal why) {
            refused.add(why);
        }

        @Override
        public void unlinked(String why) {
            unlinked.add(why);
        }

        @Override
        public void frame(ByteBuffer frame) {
            frames.add(LinkFrames.rest(frame.duplicate()));
        }

        @Override
        public void suspects(Evidence what) {
            evidence.add(what);
        }

        /// The question's end, once there is one.
        Asking ask(long number, long leftMs) {
            Asking asking = new Asking(number, nowMs + leftMs);
            Peers.Unsent refused = core.ask(question(number), VERSION, 7, asking.deadlineMs, nowMs, how -> {
                asking.ends.add(how);
                asking.endedMs = nowMs;
            });
            if (refused != null) {
                asking.ends.add(refused);
                asking.endedMs = nowMs;
            }
            return asking;
        }

        /// The same in bytes, told as if the other had been asked.
        Asking propose(long number, long leftMs) {
            Asking asking = new Asking(number, nowMs + leftMs);
            ByteBuffer bytes = ByteBuffer.allocate(8 + (int) number).putLong(0, number);
            java.util.function.Consumer<Matter.Ended> done = how -> {
                asking.ends.add(switch (how) {
                    case Matter.Told(ByteBuffer told) -> new Peers.Answered(answer(told.getLong(0)));
                    case Peers.Unsent unsent -> unsent;
                    case Peers.Lost lost -> lost;
                });
                asking.endedMs = nowMs;
            };
            Peers.Unsent refused = core.ask(Matter.PROPOSAL, bytes, asking.deadlineMs, nowMs, done);
            if (refused != null) {
                done.accept(refused);
            }
            return asking;
        }
    }

    static final class Asking {
        final long number;
        final long deadlineMs;
        final List<Peers.Asked> ends = new ArrayList<>();
        long endedMs;

        Asking(long number, long deadlineMs) {
            this.number = number;
            this.deadlineMs = deadlineMs;
        }

        Peers.@Nullable Asked end() {
            return ends.isEmpty() ? null : ends.getFirst();
        }
    }

    /// A question that broker 2 has begun.
    ///
    /// @param inBytes null where it was asked one of Kafka's
    record Begun(AdmittedLinkCore core, int id, long number, long deadlineMs, @Nullable ByteBuffer inBytes) {
        void answer(long nowMs) {
            if (inBytes == null) {
                core.answer(id, LinkWorld.answer(number), VERSION, nowMs);
            } else {
                core.tell(id, inBytes, nowMs);
            }
        }
    }

    /// What broker 2 was asked in bytes.
    record Said(AdmittedLinkCore core, int id, Matter matter, ByteBuffer bytes) {}

    /// Broker 2: whatever dials it.
    final class Listener {
        final List<Greeting> admitted = new ArrayList<>();
        final List<Begun> begun = new ArrayList<>();
        final List<Said> asked = new ArrayList<>();
        final List<LinkRefusal> refusals = new ArrayList<>();
        /// Gives back what it is asked in bytes.
        java.util.function.Consumer<Said> tells = one -> one.core().tell(one.id(), one.bytes(), nowMs);
        final List<String> closed = new ArrayList<>();
        boolean reads = true;
        java.util.function.Consumer<Begun> answers = one -> one.core().answer(one.id(), answer(one.number()), VERSION,
                nowMs);

        AdmittedLinkCore.Events of(Pipe of) {
            return new AdmittedLinkCore.Events() {
                @Override
                public void admitted(Greeting other, LinkPurpose purpose) {
                    admitted.add(other);
                }

                @Override
                public void question(int id, short version, long image, Request request, long deadlineMs) {
                    Begun one = new Begun(of.admitted(), id, number(request), deadlineMs, null);
                    begun.add(one);
                    answers.accept(one);
                }

                @Override
                public void asked(int id, Matter matter, ByteBuffer bytes, long deadlineMs) {
                    Said one = new Said(of.admitted(), id, matter, bytes);
                    asked.add(one);
                    tells.accept(one);
                }

                @Override
                public void frame(ByteBuffer frame) {
                    of.admitted().say(List.of(ByteBuffer.wrap(LinkFrames.rest(frame.duplicate()))), nowMs);
                }

                @Override
                public void room() {
                    // Nothing waits for it here.
                }

                @Override
                public void closed(String why, @Nullable LinkRefusal refusal) {
                    closed.add(why);
                    if (refusal != null) {
                        refusals.add(refusal);
                    }
                }
            };
        }
    }
}
