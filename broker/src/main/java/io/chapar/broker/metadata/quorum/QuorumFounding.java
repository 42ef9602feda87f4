package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.quorum.FoundingCore.Admit;
import io.chapar.broker.metadata.quorum.FoundingCore.Begin;
import io.chapar.broker.metadata.quorum.FoundingCore.Effect;
import io.chapar.broker.metadata.quorum.FoundingCore.Refuse;
import io.chapar.broker.metadata.quorum.FoundingCore.Say;
import io.chapar.broker.metadata.quorum.FoundingCore.Warn;
import io.chapar.broker.metadata.quorum.FoundingCore.Write;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Performs what [FoundingCore] decides: asks over links, writes to the voter's folder.
public final class QuorumFounding {
    private static final Logger LOG = LoggerFactory.getLogger(QuorumFounding.class);
    private static final long ANSWER_MS = 2_000;
    private static final HostPort NOWHERE = new HostPort("", 0);
    private static final int MOST_WARNED = 100;

    /// Null for one that is no voter.
    private final @Nullable Path folder;
    private final Loop loop;
    private final VoterLink link;
    private final int node;
    private final FoundingCore core;
    private final CompletableFuture<Membership> membership = new CompletableFuture<>();
    private final UUID folderId;
    private final HostPort at;
    private final Set<String> warned = new TreeSet<>();
    private Consumer<Voter> admission = _ -> { };
    private boolean scheduled;
    private boolean closed;

    private QuorumFounding(int node, SortedMap<Integer, HostPort> listed, @Nullable Path folder, VoterIdentity identity,
            Loop loop, VoterLink link) {
        this.node = node;
        this.folder = folder;
        this.loop = loop;
        this.link = link;
        folderId = identity.folder();
        at = listed.getOrDefault(node, NOWHERE);
        core = new FoundingCore(node, listed, identity, UUID.randomUUID(), this::perform);
    }

    /// Reads the folder. Blocks.
    ///
    /// @param listed all voters by node, with the addresses at which the consensus library listens
    /// @param seed the cluster that there are metadata of which are to become those of the quorum; else null
    public static QuorumFounding open(int node, SortedMap<Integer, HostPort> listed, Path folder, @Nullable UUID seed,
            Loop loop, VoterLink link) throws IOException {
        VoterIdentity known = VoterFile.open(folder, UUID.randomUUID());
        QuorumFounding founding = new QuorumFounding(node, listed, folder,
                new VoterIdentity(known.folder(), known.membership(), seed), loop, link);
        founding.begin();
        return founding;
    }

    /// Of a broker that is no voter: which quorum the voters belong to is all that it wants to know.
    public static QuorumFounding seek(int node, SortedMap<Integer, HostPort> listed, Loop loop, VoterLink link) {
        QuorumFounding founding = new QuorumFounding(
                node, listed, null, new VoterIdentity(UUID.randomUUID(), null, null), loop, link);
        founding.begin();
        return founding;
    }

    private void begin() {
        loop.execute(() -> {
            core.start();
            again();
        });
    }

    /// Completed when it is known with whom this node votes; exceptionally, with an [IOException] whose message says
    /// why, when it must not.
    public CompletableFuture<Membership> membership() {
        return membership;
    }

    /// Who this node is as a voter of that quorum.
    public Voter here(Membership of) {
        return of.voters().stream().filter(voter -> voter.node() == node && voter.folder().equals(folderId)).findFirst()
                .orElse(new Voter(node, folderId, at));
    }

    /// Whom to tell who wants to vote, which is said again and again. On the loop.
    public void onAdmission(Consumer<Voter> listener) {
        admission = listener;
    }

    /// The folder of a node that is not in the list and has said lately that it wants to vote; null for any other. On
    /// the loop.
    public @Nullable UUID knocks(int other) {
        return core.knocks(other);
    }

    /// The quorum's log says who votes. On the loop.
    public void voting(List<Voter> voters) {
        VoterIdentity changed = closed ? null : core.voting(voters);
        if (changed != null) {
            write(changed, this::again);
        }
    }

    /// No further rounds. On the loop.
    public void close() {
        closed = true;
    }

    /// What another voter has said. On any thread; the answer comes on the loop, once, and not at all while this node
    /// cannot say.
    ///
    /// Throws [IOException] when the bytes say nothing.
    public void heard(int other, ByteBuffer said, Consumer<ByteBuffer> answer) throws IOException {
        VoterIdentity identity = VoterFile.decode(said);
        loop.run(() -> {
            VoterIdentity now = closed ? null : core.heard(other, identity, false);
            if (now != null) {
                answer.accept(VoterFile.encode(now));
            }
            again();
        });
    }

    private void again() {
        long pause = core.pauseMs();
        if (!closed && !scheduled && pause != Long.MAX_VALUE) {
            scheduled = true;
            loop.schedule(pause, () -> {
                scheduled = false;
                if (!closed) {
                    core.tick();
                }
                again();
            });
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Say(int other, VoterIdentity identity) -> link.say(
                    other, VoterFile.encode(identity), ANSWER_MS, loop, answer -> answered(other, answer));
            case Write(VoterIdentity identity) -> write(identity, () -> {
                core.written();
                again();
            });
            case Begin(Membership begun) -> membership.complete(begun);
            case Admit(Voter voter) -> admission.accept(voter);
            case Warn(String what) -> {
                if (warned.size() < MOST_WARNED && warned.add(what)) {
                    LOG.error("{}", what);
                }
            }
            case Refuse(String reason) -> membership.completeExceptionally(new IOException(reason));
        }
    }

    private void answered(int other, @Nullable ByteBuffer answer) {
        if (answer == null || closed) {
            return;
        }
        try {
            core.heard(other, VoterFile.decode(answer), true);
            again();
        } catch (IOException e) {
            LOG.warn("Node {} does not say who it is: {}", other, e.getMessage());
        }
    }

    private void write(VoterIdentity identity, Runnable written) {
        IOException[] failure = new IOException[1];
        Path to = requireNonNull(folder, "only voters write");
        loop.aside(
                () -> {
                    try {
                        VoterFile.write(to, identity);
                    } catch (IOException e) {
                        failure[0] = e;
                    }
                },
                () -> {
                    if (failure[0] != null) {
                        membership.completeExceptionally(new IOException(
                                "node " + node + " cannot write down with whom it votes", failure[0]));
                    } else if (!closed) {
                        written.run();
                    }
                });
    }
}
