package io.chapar.broker.replica;

import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Behind;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.Diverged;
import io.chapar.broker.replica.FollowMessage.Drop;
import io.chapar.broker.replica.FollowMessage.Refused;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.replica.FollowMessage.SyncAtOnce;
import io.chapar.broker.replica.FollowMessage.ToLeader;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

import static java.util.Objects.requireNonNull;

/// One loop of a follower, as the leader's loop sees it over one link: what to send it next, and what it has. When the
/// link breaks this ends with it.
///
/// `acknowledged <= sent <= log end`, and `sent` runs ahead of what is acknowledged by no more than the follower's
/// credit. One read at a time is under way for a slot.
///
/// Who has a transaction without its marker is sent what comes behind only while the marker is there: where compaction
/// has taken something that a slot was not sent yet, the subscription ends, and with the next one it is looked anew.
///
/// Slots take turns, those in sync before all others: who catches up does not hold up who has caught up. Those alone
/// that are not in sync are slowed down where that is wanted ([Pace]).
public final class FollowersCore {
    /// Of one slot in one turn.
    static final int SLOT_BYTES = 1 << 20;
    /// How many open transactions are looked for in one turn; each is a look at the disk.
    static final int LOOKS = 32;

    private static final class Slot {
        private final int number;
        private final TopicPartition id;
        private final int epoch;
        private long sent;
        private long acknowledged;
        private long toldHighWatermark = -1;
        private long toldLogStart = -1;
        private boolean toldSyncs;
        private boolean reading;
        /// As [LedLog#shape] was when the follower was found to have a beginning of this log, or had all that is
        /// committed.
        private Object shape;

        Slot(int number, LedLog log, long from) {
            this.number = number;
            this.id = log.id();
            this.epoch = log.epoch();
            this.shape = log.shape();
            sent = from;
            acknowledged = from;
        }
    }

    /// Looks up what this broker leads.
    public interface Led {
        /// Null when it does not lead it, or there is no such partition.
        @Nullable LedLog of(UUID topicId, int partition);

        /// Null when it does not lead it any more.
        @Nullable LedLog of(TopicPartition id);
    }

    /// How fast the follower may be sent what it lacks, where it is not in sync.
    public interface Pace {
        Pace FREE = new Pace() {
            @Override
            public int room(TopicPartition id, int most) {
                return most;
            }

            @Override
            public void sent(TopicPartition id, int bytes) {
                // As fast as it goes.
            }
        };

        /// Bytes that it may be sent of it now, at most so many; 0 for none.
        int room(TopicPartition id, int most);

        void sent(TopicPartition id, int bytes);
    }

    private static final class Look {
        private final Subscribe asked;
        /// As [LedLog#shape] was when the first of them was looked for.
        private Object shape;
        private int seen;

        Look(Subscribe asked, Object shape) {
            this.asked = asked;
            this.shape = shape;
        }
    }

    private final Led led;
    private final Predicate<TopicPartition> inSync;
    private final Pace pace;
    private final Map<Integer, Slot> slots = new LinkedHashMap<>();
    /// Of each partition the last that was subscribed to.
    private final Map<TopicPartition, Slot> byPartition = new LinkedHashMap<>();
    /// Those for which there may be something to send.
    private final Set<Slot> due = new LinkedHashSet<>();
    /// Those that are compared, and of whose open transactions not all were looked for yet.
    private final SequencedMap<Integer, Look> looking = new LinkedHashMap<>();
    private int looksLeft = LOOKS;
    private long creditBytes;
    /// Something waits for the pace alone.
    private boolean paced;

    public FollowersCore(Led led, Predicate<TopicPartition> inSync) {
        this(led, inSync, Pace.FREE);
    }

    /// @param inSync whether the follower is in sync for a partition; they come first
    /// @param pace of the others
    public FollowersCore(Led led, Predicate<TopicPartition> inSync, Pace pace) {
        this.led = led;
        this.inSync = inSync;
        this.pace = pace;
    }

    // ---- what comes

    /// An acknowledgement of what was not sent ends the subscription: one of the two is wrong about the log.
    public void received(ToLeader message, Consumer<FollowersEffect> out) {
        switch (message) {
            case Subscribe subscribe -> subscribe(subscribe, out);
            case Drop drop -> {
                looking.remove(drop.slot());
                Slot slot = slots.get(drop.slot());
                if (slot != null) {
                    forget(slot);
                }
            }
            case Acknowledge acknowledge -> {
                Slot slot = slots.get(acknowledge.slot());
                if (slot == null) {
                    return;
                }
                if (acknowledge.end() < slot.acknowledged || acknowledge.end() > slot.sent
                        || acknowledge.synced() > acknowledge.end()) {
                    end(slot, new Refused(slot.number, ErrorCode.INVALID_REQUEST), out);
                } else if (isLed(slot)) {
                    slot.acknowledged = acknowledge.end();
                    out.accept(new FollowersEffect.Acknowledged(
                            slot.id, acknowledge.end(), acknowledge.synced()));
                }
            }
            case Credit credit -> creditBytes += Math.max(0, credit.bytes());
        }
    }

    private void subscribe(Subscribe asked, Consumer<FollowersEffect> out) {
        LedLog log = led.of(asked.topicId(), asked.partition());
        if (log == null || slots.containsKey(asked.slot()) || looking.containsKey(asked.slot())) {
            refuse(asked, log == null ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.INVALID_REQUEST, out);
        } else if (asked.epoch() != log.epoch()) {
            refuse(asked, asked.epoch() < log.epoch()
                    ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH, out);
        } else if (asked.from() < log.logStart() || (asked.lastEpoch() < 0 && asked.from() > log.logEnd())) {
            out.accept(new FollowersEffect.Send(new Behind(asked.slot(), log.logStart())));
        } else {
            LedLog.End end = log.epochs().endOf(asked.lastEpoch());
            // A log without batches that begins within this one has nothing to differ in.
            if (asked.lastEpoch() < 0 || (end.epoch() == asked.lastEpoch() && asked.from() <= end.offset())) {
                compared(asked, log, out);
            } else {
                out.accept(new FollowersEffect.Send(new Diverged(asked.slot(), end.epoch(), end.offset())));
            }
        }
    }

    /// The logs are the same up to where the follower's ends, but for what compaction took.
    private void compared(Subscribe asked, LedLog log, Consumer<FollowersEffect> out) {
        // Who is in sync has had all markers before they could be compacted away.
        if (inSync.test(log.id()) || asked.open().isEmpty()) {
            begin(asked, log, out);
        } else {
            looking.put(asked.slot(), new Look(asked, log.shape()));
            look(out);
        }
    }

    /// Goes on with looking for what open transactions begin with, as far as one turn may.
    private void look(Consumer<FollowersEffect> out) {
        while (looksLeft > 0 && !looking.isEmpty()) {
            Look look = looking.firstEntry().getValue();
            if (goOn(look, out)) {
                looking.remove(look.asked.slot());
            }
        }
    }

    /// Whether it has ended.
    private boolean goOn(Look look, Consumer<FollowersEffect> out) {
        Subscribe asked = look.asked;
        LedLog log = led.of(asked.topicId(), asked.partition());
        if (log == null || log.epoch() != asked.epoch()) {
            refuse(asked, ErrorCode.NOT_LEADER_OR_FOLLOWER, out);
            return true;
        }
        if (!look.shape.equals(log.shape())) {
            look.shape = log.shape();
            look.seen = 0;
        }
        try {
            for (; look.seen < asked.open().size(); look.seen++) {
                if (looksLeft == 0) {
                    return false;
                }
                looksLeft--;
                if (!log.hasBeginning(asked.open().get(look.seen))) {
                    out.accept(new FollowersEffect.Send(new Behind(asked.slot(), log.logStart())));
                    return true;
                }
            }
        } catch (IOException e) {
            refuse(asked, ErrorCode.KAFKA_STORAGE_ERROR, out);
            return true;
        }
        begin(asked, log, out);
        return true;
    }

    /// Whether there is more to look for in another turn.
    public boolean isLooking() {
        return !looking.isEmpty();
    }

    private void begin(Subscribe asked, LedLog log, Consumer<FollowersEffect> out) {
        Slot slot = new Slot(asked.slot(), log, asked.from());
        slots.put(slot.number, slot);
        Slot before = byPartition.put(slot.id, slot);
        if (before != null) {
            // The follower has given it up, if it keeps to the rules.
            slots.remove(before.number);
            due.remove(before);
        }
        due.add(slot);
        out.accept(new FollowersEffect.Acknowledged(slot.id, slot.acknowledged, 0));
    }

    private static void refuse(Subscribe asked, ErrorCode error, Consumer<FollowersEffect> out) {
        out.accept(new FollowersEffect.Send(new Refused(asked.slot(), error)));
    }

    private boolean isLed(Slot slot) {
        LedLog log = led.of(slot.id);
        return log != null && log.epoch() == slot.epoch;
    }

    private void end(Slot slot, FollowMessage.ToFollower last, Consumer<FollowersEffect> out) {
        forget(slot);
        out.accept(new FollowersEffect.Send(last));
    }

    private void forget(Slot slot) {
        slots.remove(slot.number);
        byPartition.remove(slot.id, slot);
        due.remove(slot);
    }

    /// What the follower is subscribed to.
    public Set<TopicPartition> followed() {
        return Collections.unmodifiableSet(byPartition.keySet());
    }

    // ---- what happens here

    /// The log has grown, the high watermark risen, the log's start moved, or its leadership ended.
    public void changed(TopicPartition id) {
        Slot slot = byPartition.get(id);
        if (slot != null) {
            due.add(slot);
        }
    }

    /// Sends what there is, as far as the credit goes. At the end of a turn, and after credit came.
    public void turnEnded(Consumer<FollowersEffect> out) {
        looksLeft = LOOKS;
        look(out);
        if (due.isEmpty()) {
            return;
        }
        paced = false;
        List<Slot> order = new ArrayList<>();
        due.stream().filter(slot -> inSync.test(slot.id)).forEach(order::add);
        due.stream().filter(slot -> !inSync.test(slot.id)).forEach(order::add);
        for (Slot slot : order) {
            LedLog log = led.of(slot.id);
            if (log == null || log.epoch() != slot.epoch) {
                end(slot, new Refused(slot.number, ErrorCode.NOT_LEADER_OR_FOLLOWER), out);
            } else if (!slot.reading) {
                send(slot, log, out);
            }
        }
        if (paced) {
            out.accept(new FollowersEffect.Paced());
        }
    }

    private void send(Slot slot, LedLog log, Consumer<FollowersEffect> out) {
        if (slot.sent < log.logStart()) {
            end(slot, new Behind(slot.number, log.logStart()), out);
        } else if (isPassedBy(slot, log)) {
            end(slot, new Refused(slot.number, ErrorCode.OFFSET_NOT_AVAILABLE), out);
        } else if (slot.sent < log.logEnd()) {
            if (creditBytes > 0) {
                read(slot, (int) Math.min(SLOT_BYTES, creditBytes), out);
            }
        } else {
            due.remove(slot);
            if (log.highWatermark() > slot.toldHighWatermark || log.logStart() > slot.toldLogStart
                    || log.syncs() != slot.toldSyncs) {
                tell(slot, log, slot.sent, ByteBuffer.allocate(0), out);
            }
        }
    }

    /// Whether compaction may have taken something that was not sent.
    private static boolean isPassedBy(Slot slot, LedLog log) {
        if (slot.sent >= log.highWatermark()) {
            slot.shape = log.shape();
        }
        return !slot.shape.equals(log.shape());
    }

    private void read(Slot slot, int most, Consumer<FollowersEffect> out) {
        int bytes = inSync.test(slot.id) ? most : pace.room(slot.id, most);
        if (bytes == 0) {
            paced = true;
            return;
        }
        slot.reading = true;
        due.remove(slot);
        out.accept(new FollowersEffect.Read(slot.number, slot.id, slot.sent, bytes));
    }

    /// What was read for a slot.
    ///
    /// @param from as it was asked for
    /// @param next the position behind what was read
    public void read(int number, long from, long next, ByteBuffer bytes, Consumer<FollowersEffect> out) {
        Slot slot = slots.get(number);
        if (slot == null || slot.sent != from || !slot.reading) {
            return;
        }
        slot.reading = false;
        due.add(slot);
        LedLog log = led.of(slot.id);
        if (log == null || log.epoch() != slot.epoch) {
            end(slot, new Refused(number, ErrorCode.NOT_LEADER_OR_FOLLOWER), out);
        } else if (isPassedBy(slot, log)) {
            end(slot, new Refused(number, ErrorCode.OFFSET_NOT_AVAILABLE), out);
        } else if (next > from) {
            creditBytes -= bytes.remaining();
            if (!inSync.test(slot.id)) {
                pace.sent(slot.id, bytes.remaining());
            }
            tell(slot, requireNonNull(log, "led"), next, bytes, out);
        }
    }

    /// It cannot be read at present.
    public void notRead(int number, ErrorCode error, Consumer<FollowersEffect> out) {
        Slot slot = slots.get(number);
        if (slot != null) {
            end(slot, new Refused(number, error), out);
        }
    }

    private static void tell(Slot slot, LedLog log, long next, ByteBuffer bytes, Consumer<FollowersEffect> out) {
        if (log.syncs() != slot.toldSyncs) {
            slot.toldSyncs = log.syncs();
            out.accept(new FollowersEffect.Send(new SyncAtOnce(slot.number, slot.toldSyncs)));
        }
        slot.toldHighWatermark = log.highWatermark();
        slot.toldLogStart = log.logStart();
        out.accept(new FollowersEffect.Send(new Batches(
                slot.number, slot.sent, next, log.highWatermark(), log.logStart(), bytes)));
        slot.sent = next;
    }
}
