package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;

/// How voters that are named to each other become one quorum, once, and others join it.
///
/// ```
/// the founder:         Asking --all others belong nowhere--> Writing --written--> Belonging
///                         |  ^-- not all have answered          ^
///                         |                                     | it counts on this very folder
/// another of them:     Waiting --told of a quorum --------------+
///                         |
///                         +--told of a quorum that does not know this node--> Writing --> Joining --it does--+
///   (any)                 |                                                                      Belonging <-+
///                         +--told of one that counts on another folder of this node--> Refusing
///
/// one that is no voter: Seeking --told of a quorum--> Found, or where that counts on its node, Refusing
/// ```
/// The founder is the one with metadata of its own, of the time when it had no others, or where nobody has such, the
/// lowest. It alone begins a quorum, and only when every other voter has said that it belongs to none: what was
/// committed is on a majority, so one of the others remembers it, also where this folder is empty because it was lost.
/// (A majority of answers would not do: of three, the one whose disk is new and one that never belonged would be one,
/// while the third has all there is.) One that has metadata begins alone, and the others join: they have nothing that
/// would let them vote on it. What is begun is written down here before anybody is told. Whoever belongs tells the
/// others until each has said that it belongs too, so that a beginning that was cut short goes on with whoever is
/// there.
///
/// A voter is counted on by its folder as well: one whose folder was emptied is told nothing, since it might vote a
/// second time. One who wants to join is let in by what it answers at the address in the list; what comes from
/// elsewhere under its number is a reason to ask there, and no more.
///
/// Owned by one loop; times are that loop's, in milliseconds.
final class FoundingCore {
    /// Nodes that are started together are there within a fraction of a second of each other.
    private static final long AGAIN_MS = 50;
    private static final long SELDOM_MS = 1_000;
    private static final int OFTEN = 100;
    private static final int MOST_OTHERS = 40;
    private static final int MOST_KNOCKING = 16;

    /// What is to be done.
    sealed interface Effect {}

    /// Says to that node who this one is and where it belongs; its answer goes to [#heard].
    record Say(int node, VoterIdentity identity) implements Effect {}

    /// Writes it down; then [#written].
    record Write(VoterIdentity identity) implements Effect {}

    /// This node takes part in that quorum from here on: as one of its voters, or where that does not count on its
    /// folder, as one that wants to be; or it is told by it, where it is not in the list. Once.
    record Begin(Membership membership) implements Effect {}

    /// That node wants to vote, with that folder. Again and again.
    record Admit(Voter voter) implements Effect {}

    /// This node cannot take part.
    record Refuse(String reason) implements Effect {}

    /// Somebody should know.
    record Warn(String what) implements Effect {}

    private enum Phase {
        ASKING, WAITING, WRITING, BELONGING, JOINING, REFUSING, SEEKING, FOUND
    }

    private final int node;
    private final SortedMap<Integer, HostPort> listed;
    private final UUID freshGroup;
    private final Consumer<Effect> out;
    private final Map<Integer, UUID> emptyFolders = new TreeMap<>();
    private final NavigableSet<Integer> untold = new TreeSet<>();
    private VoterIdentity identity;
    private Phase phase;
    private int rounds;
    private int othersOfThisNumber;
    private final SequencedMap<Integer, UUID> knocking = new LinkedHashMap<>();

    /// @param listed all voters by node, with their addresses; where this one is not among them it only wants to know
    ///        to which quorum they belong, and takes no part
    /// @param freshGroup for the quorum that this node may begin
    FoundingCore(int node, SortedMap<Integer, HostPort> listed, VoterIdentity identity, UUID freshGroup,
            Consumer<Effect> out) {
        this.node = node;
        this.listed = new TreeMap<>(listed);
        this.identity = identity;
        this.freshGroup = freshGroup;
        this.out = out;
        phase = first();
    }

    private Phase first() {
        Membership membership = identity.membership();
        if (!listed.containsKey(node)) {
            return Phase.SEEKING;
        }
        if (membership != null) {
            return isMine(membership) ? Phase.BELONGING : Phase.JOINING;
        }
        return identity.seed() != null || node == listed.firstKey() ? Phase.ASKING : Phase.WAITING;
    }

    private boolean isMine(Membership membership) {
        return VoterIdentity.isCountedOn(membership, node, identity.folder());
    }

    /// Begins; what follows is told by [#tick], [#heard] and [#written].
    void start() {
        Membership membership = identity.membership();
        if (membership != null && phase != Phase.SEEKING) {
            begin(membership);
        }
        tick();
    }

    /// The next round; to be called again after [#pauseMs].
    void tick() {
        rounds++;
        switch (phase) {
            case ASKING -> {
                listed.keySet().stream().filter(other -> other != node && !emptyFolders.containsKey(other))
                        .forEach(this::say);
                foundIfAllAreEmpty();
            }
            case BELONGING -> List.copyOf(untold).forEach(this::say);
            case WAITING, JOINING, SEEKING ->
                listed.keySet().stream().filter(other -> other != node).forEach(this::say);
            case WRITING, REFUSING, FOUND -> { }
        }
    }

    /// [Long#MAX_VALUE] when no further round is needed.
    long pauseMs() {
        boolean isOver = switch (phase) {
            case ASKING, WAITING, JOINING, SEEKING -> false;
            case BELONGING -> untold.isEmpty();
            case WRITING, REFUSING, FOUND -> true;
        };
        return isOver ? Long.MAX_VALUE : rounds < OFTEN ? AGAIN_MS : SELDOM_MS;
    }

    private void say(int other) {
        out.accept(new Say(other, identity));
    }

    /// Another node has said who it is; what this node is afterwards is its answer. Null while that is being written.
    ///
    /// @param isAnswer whether it was asked, and so is the one at the address in the list
    @Nullable VoterIdentity heard(int other, VoterIdentity said, boolean isAnswer) {
        if (!listed.containsKey(other) || other == node) {
            knock(other, said);
            return identity;
        }
        Membership theirs = said.membership();
        switch (phase) {
            case ASKING, WAITING -> {
                if (theirs == null) {
                    if (isAnswer) {
                        heardOfNone(other, said);
                    }
                } else if (!countsOnAnother(theirs)) {
                    join(other, theirs);
                }
            }
            case JOINING -> {
                if (theirs != null) {
                    heardByJoiner(other, theirs);
                }
            }
            case BELONGING -> {
                if (theirs == null || isOfOurs(theirs)) {
                    heardByMember(other, said, isAnswer);
                } else {
                    warn(other, theirs);
                }
            }
            case SEEKING -> {
                if (theirs != null) {
                    find(theirs);
                }
            }
            case WRITING, REFUSING, FOUND -> { }
        }
        return phase == Phase.WRITING ? null : identity;
    }

    private void knock(int other, VoterIdentity said) {
        Membership theirs = said.membership();
        if (other != node && theirs != null && isOfOurs(theirs)) {
            knocking.remove(other);
            knocking.put(other, said.folder());
            if (knocking.size() > MOST_KNOCKING) {
                knocking.pollFirstEntry();
            }
        }
    }

    /// The folder of a node that is not in the list and has said lately that it wants to vote; null for any other.
    @Nullable UUID knocks(int other) {
        return knocking.get(other);
    }

    private boolean isOfOurs(Membership theirs) {
        Membership ours = identity.membership();
        return ours != null && theirs.group().equals(ours.group());
    }

    private void heardOfNone(int other, VoterIdentity said) {
        if (said.seed() != null && identity.seed() != null) {
            refuse("nodes " + Math.min(node, other) + " and " + Math.max(node, other) + " both have metadata of a"
                    + " broker without others, and they are those of two clusters. Only one of them can be made"
                    + " larger; the other has to start with an empty folder");
        } else if (said.seed() != null) {
            phase = Phase.WAITING;
        } else {
            emptyFolders.put(other, said.folder());
            foundIfAllAreEmpty();
        }
    }

    /// A voter that is behind may still count on a folder that was lost; one that goes on saying so knows another node
    /// of this number.
    private boolean countsOnAnother(Membership theirs) {
        return theirs.has(node) && !isMine(theirs) && ++othersOfThisNumber <= MOST_OTHERS;
    }

    private void heardByJoiner(int other, Membership theirs) {
        if (!isOfOurs(theirs)) {
            warn(other, theirs);
        } else if (theirs.has(node) && !countsOnAnother(theirs)) {
            join(other, theirs);
        }
    }

    private void warn(int other, Membership theirs) {
        out.accept(new Warn("Node " + other + " belongs to the quorum " + theirs.group() + " of the cluster "
                + theirs.cluster() + ", and this node " + node + " to another one. Where that was begun anew after a"
                + " majority was lost, set the folder of this node's quorum aside and start it again"));
    }

    private void join(int other, Membership theirs) {
        if (isMine(theirs)) {
            write(theirs);
        } else if (theirs.has(node)) {
            refuse("node " + other + " belongs to a cluster that counts on another folder of node " + node
                    + ". If its disk was lost, take node " + node + " out of the quorum ('chapar cluster quorum remove "
                    + node + "') and start it again; if it is to be another cluster, give the nodes other addresses."
                    + " (The quorum is " + theirs.group() + ".)");
        } else if (identity.seed() != null) {
            refuse("node " + other + " belongs to a cluster, and this folder has metadata of a broker without others."
                    + " It cannot join with them; an empty folder can");
        } else {
            write(theirs);
        }
    }

    /// Whoever is told that it is not counted on joins; it is let in when it says so at its address.
    private void heardByMember(int other, VoterIdentity said, boolean isAnswer) {
        Membership ours = identity.membership();
        Membership theirs = said.membership();
        if (ours == null || ours.has(other)) {
            if (theirs != null) {
                untold.remove(other);
            }
        } else if (!isAnswer) {
            untold.add(other);
        } else if (theirs != null) {
            untold.remove(other);
            HostPort at = listed.get(other);
            if (at != null && said.seed() == null) {
                out.accept(new Admit(new Voter(other, said.folder(), at)));
            }
        }
    }

    private void find(Membership theirs) {
        if (theirs.has(node)) {
            refuse("node " + node + " is one of the voters of this cluster, and the list of voters that it was started"
                    + " with does not name it. Name it there, or take it out of the quorum first");
        } else {
            phase = Phase.FOUND;
            out.accept(new Begin(theirs));
        }
    }

    private void foundIfAllAreEmpty() {
        if (phase != Phase.ASKING || emptyFolders.size() < listed.size() - 1) {
            return;
        }
        UUID seed = identity.seed();
        List<Voter> voters = new ArrayList<>();
        listed.forEach((other, at) -> {
            if (other == node || seed == null) {
                voters.add(new Voter(
                        other, other == node ? identity.folder() : emptyFolders.getOrDefault(other, identity.folder()),
                        at));
            }
        });
        write(new Membership(seed == null ? freshGroup : seed, freshGroup, voters));
    }

    private void write(Membership membership) {
        phase = Phase.WRITING;
        identity = new VoterIdentity(identity.folder(), membership, identity.seed());
        out.accept(new Write(identity));
    }

    private void refuse(String reason) {
        phase = Phase.REFUSING;
        out.accept(new Refuse(reason));
    }

    /// What [Write] asked for is on the disk.
    void written() {
        Membership membership = identity.membership();
        if (phase == Phase.WRITING && membership != null) {
            phase = isMine(membership) ? Phase.BELONGING : Phase.JOINING;
            rounds = 0;
            begin(membership);
            tick();
        }
    }

    private void begin(Membership membership) {
        untold.clear();
        if (phase == Phase.BELONGING) {
            membership.voters().stream().map(Voter::node).filter(other -> other != node).forEach(untold::add);
        }
        out.accept(new Begin(membership));
    }

    /// The quorum's log says who votes. Gives what is to be written down, without hurry: it is told to whoever asks,
    /// and the log says it again. Null where nothing has changed.
    @Nullable VoterIdentity voting(List<Voter> voters) {
        Membership ours = identity.membership();
        if (ours == null || voters.isEmpty() || ours.voters().equals(voters)
                || (phase != Phase.BELONGING && phase != Phase.JOINING)) {
            return null;
        }
        Membership now = new Membership(ours.cluster(), ours.group(), voters);
        identity = new VoterIdentity(identity.folder(), now, null);
        if (isMine(now)) {
            phase = Phase.BELONGING;
        }
        return identity;
    }
}
