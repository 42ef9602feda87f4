package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;

/// How voters that are named to each other become one quorum, once.
///
/// ```
/// the lowest of them:  Asking --all others belong nowhere--> Writing --written--> Belonging
///                         |  ^-- not all have answered            ^
///                         |                                       | it counts on this very folder
/// another of them:     Waiting --told of a quorum ----------------+
///                         |
///   (either)              +--another belongs to a quorum that does not count on this folder--> Refusing
///
/// one that is no voter: Seeking --told of a quorum--> Found, or where that counts on its node, Refusing
/// ```
/// The lowest alone begins a quorum, and only when every other voter has said that it belongs to none: what was
/// committed is on a majority, so one of the others remembers it, also where this folder is empty because it was lost.
/// (A majority of answers would not do: of three, the one whose disk is new and one that never belonged would be one,
/// while the third has all there is.) What is begun is written down here before anybody is told. Whoever belongs tells
/// the others until each has said that it belongs too, so that a beginning that was cut short goes on with whoever is
/// there.
///
/// A voter is counted on by its folder as well: one whose folder was emptied is told nothing, since it might vote a
/// second time.
///
/// Owned by one loop; times are that loop's, in milliseconds.
final class FoundingCore {
    private static final long AGAIN_MS = 250;
    private static final long SELDOM_MS = 1_000;
    private static final int OFTEN = 20;

    /// What is to be done.
    sealed interface Effect {}

    /// Says to that node who this one is and where it belongs; its answer goes to [#heard].
    record Say(int node, VoterIdentity identity) implements Effect {}

    /// Writes it down; then [#written].
    record Write(VoterIdentity identity) implements Effect {}

    /// This node takes part in that quorum from here on, or is told by it where it is no voter. Once.
    record Begin(Membership membership) implements Effect {}

    /// This node cannot take part.
    record Refuse(String reason) implements Effect {}

    private enum Phase {
        ASKING, WAITING, WRITING, BELONGING, REFUSING, SEEKING, FOUND
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
        if (!listed.containsKey(node)) {
            return Phase.SEEKING;
        }
        return identity.membership() != null ? Phase.BELONGING
                : node == listed.firstKey() ? Phase.ASKING : Phase.WAITING;
    }

    /// Begins; what follows is told by [#tick], [#heard] and [#written].
    void start() {
        Membership membership = identity.membership();
        if (phase == Phase.BELONGING && membership != null) {
            belong(membership);
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
            case SEEKING -> listed.keySet().forEach(this::say);
            case WAITING, WRITING, REFUSING, FOUND -> { }
        }
    }

    /// [Long#MAX_VALUE] when no further round is needed.
    long pauseMs() {
        boolean isOver = switch (phase) {
            case ASKING, SEEKING -> false;
            case BELONGING -> untold.isEmpty();
            case WAITING, WRITING, REFUSING, FOUND -> true;
        };
        return isOver ? Long.MAX_VALUE : rounds < OFTEN ? AGAIN_MS : SELDOM_MS;
    }

    private void say(int other) {
        out.accept(new Say(other, identity));
    }

    /// Another node has said who it is, unasked or as an answer; what this node is afterwards is its answer. Null while
    /// that is being written.
    @Nullable VoterIdentity heard(int other, VoterIdentity said) {
        Membership theirs = said.membership();
        if (!listed.containsKey(other) || other == node) {
            return identity;
        }
        switch (phase) {
            case ASKING, WAITING -> {
                if (theirs == null) {
                    emptyFolders.put(other, said.folder());
                    foundIfAllAreEmpty();
                } else if (VoterIdentity.isCountedOn(theirs, node, identity.folder())) {
                    write(theirs);
                } else {
                    refuse(other, theirs);
                }
            }
            case BELONGING -> {
                Membership ours = identity.membership();
                if (theirs != null && ours != null && theirs.group().equals(ours.group())) {
                    untold.remove(other);
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

    private void find(Membership theirs) {
        if (theirs.voters().stream().anyMatch(voter -> voter.node() == node)) {
            phase = Phase.REFUSING;
            out.accept(new Refuse("node " + node + " is one of the voters of this cluster, and the list of voters that"
                    + " it was started with does not name it. Name it there, or take it out of the quorum first"));
        } else {
            phase = Phase.FOUND;
            out.accept(new Begin(theirs));
        }
    }

    private void foundIfAllAreEmpty() {
        if (phase != Phase.ASKING || emptyFolders.size() < listed.size() - 1) {
            return;
        }
        List<Voter> voters = new ArrayList<>();
        listed.forEach((other, at) -> voters.add(new Voter(
                other, other == node ? identity.folder() : emptyFolders.getOrDefault(other, identity.folder()), at)));
        write(new Membership(freshGroup, voters));
    }

    private void write(Membership membership) {
        phase = Phase.WRITING;
        identity = new VoterIdentity(identity.folder(), membership);
        out.accept(new Write(identity));
    }

    private void refuse(int other, Membership theirs) {
        phase = Phase.REFUSING;
        out.accept(new Refuse("node " + other + " belongs to a cluster that does not know this folder of node " + node
                + ". If its disk was lost, take node " + node + " out of the quorum and add it again; if it is to be"
                + " another cluster, give the nodes other addresses. (The quorum is " + theirs.group() + ".)"));
    }

    /// What [Write] asked for is on the disk.
    void written() {
        Membership membership = identity.membership();
        if (phase == Phase.WRITING && membership != null) {
            phase = Phase.BELONGING;
            rounds = 0;
            belong(membership);
            tick();
        }
    }

    private void belong(Membership membership) {
        untold.clear();
        membership.voters().stream().map(Voter::node).filter(other -> other != node).forEach(untold::add);
        out.accept(new Begin(membership));
    }
}
