package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterImage;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.util.SizeInBytes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/// What a voter's folder holds, read while no broker has it: the newest snapshot, and all entries behind it. Also those
/// of which it is not known that a majority has them: everything that was committed and that this voter has is among
/// them. Everything here blocks, and changes nothing.
public final class QuorumFolder {
    private QuorumFolder() {}

    /// @param membership of which the folder was the last that it heard
    /// @param voters as the log says last
    /// @param term of the last entry
    /// @param index of the last entry
    /// @param image that all of it adds up to
    public record Found(Membership membership, List<Integer> voters, long term, long index, ClusterImage image) {}

    /// Where a snapshot stands.
    private record Snapshot(Path file, long term, long index) {}

    /// What was read so far.
    private static final class Reading {
        private QuorumState state = QuorumState.EMPTY;
        private List<Integer> voters;
        private long term;
        private long index = -1;

        Reading(List<Integer> voters) {
            this.voters = voters;
        }

        void entry(LogEntryProto entry) {
            if (entry.getIndex() <= index) {
                return;
            }
            if (entry.getIndex() != index + 1) {
                throw new UncheckedIOException(new IOException("the log of the metadata quorum has no entry "
                        + (index + 1) + ", and goes on with " + entry.getIndex()));
            }
            index = entry.getIndex();
            term = entry.getTerm();
            try {
                if (entry.hasStateMachineLogEntry()) {
                    state = state.apply(QuorumEntry.decode(
                            entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer())).after();
                } else if (entry.hasConfigurationEntry()) {
                    voters = nodes(entry);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// @param folder of the library and of the voter's own file
    public static Found read(Path folder) throws IOException {
        if (!Files.exists(folder.resolve(VoterFile.NAME))) {
            throw new IOException("'" + folder + "' is no folder of a voter");
        }
        Membership membership = VoterFile.read(folder).membership();
        if (membership == null) {
            throw new IOException("the voter of '" + folder + "' belongs to no quorum yet");
        }
        Path group = folder.resolve(membership.group().toString());
        Reading reading = new Reading(membership.voters().stream().map(Voter::node).toList());
        lastVoters(group.resolve("current"), reading);
        Snapshot snapshot = snapshot(group.resolve("sm"));
        if (snapshot != null) {
            reading.state = QuorumState.restore(ByteBuffer.wrap(Files.readAllBytes(snapshot.file())));
            reading.index = snapshot.index();
            reading.term = snapshot.term();
        }
        try {
            entries(group.resolve("current"), reading);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new Found(membership, reading.voters, reading.term, reading.index, reading.state.image());
    }

    private static List<Integer> nodes(LogEntryProto entry) {
        return entry.getConfigurationEntry().getPeersList().stream()
                .map(peer -> Voter.nodeOf(peer.getId().toStringUtf8())).sorted().toList();
    }

    /// The library writes it down when it is committed; what is in the log behind it counts more.
    private static void lastVoters(Path current, Reading reading) throws IOException {
        try (InputStream in = Files.newInputStream(current.resolve("raft-meta.conf"))) {
            List<Integer> written = nodes(LogEntryProto.newBuilder().mergeFrom(in).build());
            if (!written.isEmpty()) {
                reading.voters = written;
            }
        } catch (NoSuchFileException e) {
            // None is written before the first change.
        }
    }

    private static @Nullable Snapshot snapshot(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return null;
        }
        List<Snapshot> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> {
                Matcher name = SimpleStateMachineStorage.SNAPSHOT_REGEX.matcher(file.getFileName().toString());
                if (name.matches()) {
                    all.add(new Snapshot(file, Long.parseLong(name.group(1)), Long.parseLong(name.group(2))));
                }
            });
        }
        return all.stream().max(Comparator.comparingLong(Snapshot::index)).orElse(null);
    }

    /// The last file may end in an entry that was never written whole.
    private static void entries(Path current, Reading reading) throws IOException {
        List<LogSegmentPath> segments = new ArrayList<>();
        try (Stream<Path> files = Files.list(current)) {
            for (Path file : files.sorted().toList()) {
                LogSegmentPath segment = Files.size(file) == 0 ? null : LogSegmentPath.matchLogSegment(file);
                if (segment != null) {
                    segments.add(segment);
                }
            }
        }
        segments.sort(Comparator.comparing(LogSegmentPath::getStartEnd));
        for (int i = 0; i < segments.size(); i++) {
            LogSegmentPath segment = segments.get(i);
            LogSegment.readSegmentFile(segment.getPath().toFile(), segment.getStartEnd(),
                    SizeInBytes.valueOf(RatisVoter.ENTRY_BYTES + 8L), i == segments.size() - 1
                            ? CorruptionPolicy.WARN_AND_RETURN : CorruptionPolicy.EXCEPTION, null, reading::entry);
        }
    }
}
