package io.chapar.simulator;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A member of a group whose coordinator shares out what there is to do, as clients are: it says that it is there,
/// gives up what it is not to have any more, takes what it is told, and says so; and now and then it leaves and comes
/// back.
/// What it has is named by topic and partition; a task by its subtopology and partition.
abstract class HeartbeatMember extends Actor {
    private static final int LEAVES = -1;
    private static final int COMES_BACK = -2;
    private static final int LEAVES_IN_ONE_OF = 60;

    private final SimulatedCluster cluster;
    private final Swarm swarm;
    private final ModernGroup group;
    private final @Nullable String instanceId;
    private final SortedSet<TopicPartition> owned = new TreeSet<>();
    private SortedSet<TopicPartition> said = Collections.emptySortedSet();
    /// What it is to have once it has given up what it gives up now; null while it gives up nothing.
    private @Nullable SortedSet<TopicPartition> wanted;
    /// Null until it lives.
    private @Nullable GroupCalls calls;
    private String memberId = "";
    private int joins;
    private int epoch;
    private boolean saysAll;
    private boolean leaving;

    /// What a heartbeat was answered.
    ///
    /// @param assigned null when that has not changed
    record Beat(short error, int epoch, @Nullable SortedSet<TopicPartition> assigned) {}

    /// @param instanceId null for a dynamic member
    HeartbeatMember(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, ModernGroup group,
            @Nullable String instanceId) {
        super(client);
        this.cluster = cluster;
        this.swarm = swarm;
        this.group = group;
        this.instanceId = instanceId;
    }

    final SimulatedCluster cluster() {
        return cluster;
    }

    final Swarm swarm() {
        return swarm;
    }

    final ModernGroup group() {
        return group;
    }

    final @Nullable String instanceId() {
        return instanceId;
    }

    final String memberId() {
        return memberId;
    }

    final int epoch() {
        return epoch;
    }

    final GroupCalls calls() {
        return requireNonNull(calls, "begun to live");
    }

    final SortedSet<TopicPartition> owned() {
        return owned;
    }

    /// Grows whenever it begins to be a member anew: what was asked before concerns nobody any more.
    final int joins() {
        return joins;
    }

    // ---- what the protocol says

    /// @param all whether it says everything of itself
    /// @param has what it has; null when it does not say
    abstract Request heartbeat(int with, boolean all, @Nullable SortedSet<TopicPartition> has);

    abstract Beat read(Response response);

    /// Begins to do what members do with what they have; [#owned] has nothing yet.
    abstract void begin();

    /// It has these as well.
    abstract void gained(SortedSet<TopicPartition> more);

    /// It goes on with what it has until `done` was run.
    abstract void givesUp(SortedSet<TopicPartition> gone, Runnable done);

    /// It has nothing any more, without having given it up.
    abstract void lost();

    /// Ends what it has begun.
    abstract void end(Runnable done);

    // ---- heartbeats

    @Override
    void live() {
        if (isStopping()) {
            stopped();
            return;
        }
        joins++;
        memberId = name() + "-" + client().lives() + "-" + joins;
        calls = new GroupCalls(client(), cluster, swarm, ModernGroup.ID);
        owned.clear();
        wanted = null;
        epoch = 0;
        saysAll = true;
        leaving = false;
        begin();
        beat();
    }

    private void beat() {
        leaving |= isStopping() || random().nextInt(LEAVES_IN_ONE_OF) == 0;
        if (leaving) {
            givesUp(new TreeSet<>(owned), () -> end(() -> leave(3)));
            return;
        }
        boolean all = saysAll || epoch == 0;
        SortedSet<TopicPartition> has = all || !owned.equals(said) ? new TreeSet<>(owned) : null;
        calls().ask(heartbeat(epoch, all, has), response -> {
            saysAll = true;
            if (response == null) {
                later(0, 100, this::beat);
                return;
            }
            Beat told = read(response);
            switch (ErrorCode.of(told.error())) {
                case NONE -> {
                    saysAll = false;
                    said = has == null ? said : has;
                    succeeded();
                    take(told);
                }
                case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_ID_NOT_FOUND, UNRELEASED_INSTANCE_ID,
                        FENCED_INSTANCE_ID -> fenced(told);
                case NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS -> calls().forget();
                default -> note("heartbeat: " + ErrorCode.of(told.error()));
            }
            boolean soon = !owned.equals(said) || saysAll;
            later(soon ? 0 : ModernGroup.heartbeatMs(swarm) / 2, soon ? 200 : ModernGroup.heartbeatMs(swarm),
                    this::beat);
        });
    }

    private void fenced(Beat told) {
        note("fenced: " + ErrorCode.of(told.error()));
        joins++;
        epoch = 0;
        owned.clear();
        wanted = null;
        lost();
    }

    private void take(Beat told) {
        epoch = told.epoch();
        if (told.assigned() == null) {
            return;
        }
        boolean busy = wanted != null;
        wanted = new TreeSet<>(told.assigned());
        if (!busy) {
            change();
        }
    }

    private void change() {
        SortedSet<TopicPartition> gone = new TreeSet<>(owned);
        gone.removeAll(requireNonNull(wanted, "there is something to change to"));
        if (gone.isEmpty()) {
            SortedSet<TopicPartition> more = new TreeSet<>(wanted);
            more.removeAll(owned);
            owned.addAll(more);
            wanted = null;
            if (!more.isEmpty()) {
                gained(more);
            }
            return;
        }
        int then = joins;
        givesUp(gone, () -> {
            if (joins == then && wanted != null) {
                owned.removeAll(gone);
                change();
            }
        });
    }

    private void leave(int tries) {
        int with = instanceId != null && random().nextBoolean() ? COMES_BACK : LEAVES;
        calls().ask(heartbeat(with, false, null), response -> {
            if (response == null && tries > 0) {
                later(0, 200, () -> leave(tries - 1));
                return;
            }
            note(with == LEAVES ? "has left" : "is away");
            calls().close();
            later(0, 2_000, this::live);
        });
    }
}
