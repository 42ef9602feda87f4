package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.IndexBeingBuilt;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.producer.ProducerRoom;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

import static java.util.Objects.requireNonNull;

/// One copy of a partition: its log while the disk gives it, the way back when it does not, its settings and when it is
/// synced. What the copy is good for is its partition's [Role].
///
/// ```
/// online --an I/O error--> offline --a pause; the log is opened again--> online
/// online --[#cut]--> being cut --done--> online, or offline where something has failed meanwhile
/// any    --[#end]--> ended
/// ```
/// An I/O error takes it offline, since memory and disk may differ from then on. Records that cannot be read are an
/// exception: nothing differs, and only whoever asks for them is refused.
///
/// Owned by the partition's loop.
final class Replica {
    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

    private final TopicPartition id;
    private final UUID topicId;
    private final DataFolder folder;
    private final Loop loop;
    private final Events events;
    private final FlushPlan flushing;
    private final Reopening reopening;
    private final ProducerRoom room;
    /// Null if it could not be opened.
    private @Nullable PartitionLog log;
    private LogConfig config;
    private @Nullable String offlineReason;
    private boolean ended;
    private boolean cutting;
    /// What has failed of the log that is being cut.
    private @Nullable IOException faultMeanwhile;
    private boolean opening;
    private final List<Runnable> afterCut = new ArrayList<>(0);
    /// Where the log begins, as far as [Events#startMoved] has told.
    private long toldStart;
    private Consumer<Boolean> availability = _ -> { };

    /// What a replica tells its partition, on the loop.
    interface Events {
        long highWatermark();

        /// Up to where retention may take what is too old.
        long retainable();

        /// The log begins later than before.
        void startMoved();

        /// More of it is on stable storage than before.
        void synced();

        void wentOffline();

        /// Its end was cut, before whoever asked for that is told.
        void wasCut();

        /// With a log that was opened anew: what was not committed may be in it, or not.
        void cameBack();
    }

    Replica(PartitionSetup setup, Events events) {
        this.id = setup.id();
        this.topicId = setup.topicId();
        this.folder = setup.folder();
        this.loop = setup.loop();
        this.config = setup.config();
        this.events = events;
        this.flushing = new FlushPlan(
                loop, config, this::isOnline, events::highWatermark, events::synced, this::goOffline);
        this.reopening = new Reopening(setup, () -> config, this::comeBack, this::isOffline);
        this.room = new ProducerRoom(setup.producers());
    }

    void use(PartitionLog opened) {
        log = opened;
        toldStart = opened.logStart();
        opened.configure(config);
        opened.repairAwayFrom(loop);
        flushing.use(opened);
        room.count(opened.producers());
    }

    // ---- what it is

    TopicPartition id() {
        return id;
    }

    UUID topicId() {
        return topicId;
    }

    DataFolder folder() {
        return folder;
    }

    Loop loop() {
        return loop;
    }

    /// Null if it could not be opened so far, and while it is being cut; else that of now, or of before it went
    /// offline.
    @Nullable PartitionLog lastLog() {
        return cutting ? null : log;
    }

    /// Of [#lastLog()]; 0 where there is none.
    long figure(ToLongFunction<PartitionLog> of) {
        PartitionLog last = lastLog();
        return last == null ? 0 : of.applyAsLong(last);
    }

    /// Where readers of committed data stop, of what is known to be committed.
    long lastStable(long highWatermark) {
        PartitionLog log = lastLog();
        if (log == null) {
            return 0;
        }
        return Math.min(highWatermark, Math.max(log.logStart(), log.producers().firstUnstableOffset()));
    }

    /// While the replica is online.
    PartitionLog log() {
        return requireNonNull(log, "a replica that is online has a log");
    }

    LogConfig config() {
        return config;
    }

    boolean isOnline() {
        return offlineReason == null && !ended && !cutting;
    }

    /// Null while the disk is well.
    @Nullable String offlineReason() {
        return offlineReason;
    }

    void configure(LogConfig to) {
        config = to;
        flushing.configure(to);
        if (log != null && !cutting) {
            log.configure(to);
        }
        if (isOnline()) {
            events.synced();
            planFlush();
        }
    }

    // ---- producers

    /// Why a producer that is not known here cannot be taken in.
    @Nullable String noRoomFor(long producerId) {
        return log().producers().knows(producerId)
                ? null : room.refusal(log().producers(), loop.nowMs(), config.producerIdExpirationMs());
    }

    void countProducers() {
        if (isOnline()) {
            room.count(log().producers());
        }
    }

    // ---- durability

    /// How far the log counts as written here.
    long committable() {
        return flushing.committable();
    }

    /// Whether what is appended is synced at once.
    boolean syncsAtOnce() {
        return flushing.syncsAtOnce();
    }

    /// Also where `flush.acks` is off here.
    void syncAtOnce(boolean wanted) {
        flushing.syncAtOnce(wanted);
        planFlush();
    }

    /// Something has been appended.
    void appended() {
        reopening.succeeded();
    }

    void planFlush() {
        if (isOnline()) {
            flushing.plan();
        }
    }

    boolean flush() {
        return flushing.checkpoint();
    }

    // ---- upkeep

    /// As [Partition#expireProducers].
    void expireProducers() {
        var _ = onLog(open -> {
            room.expire(open.producers(), loop.nowMs(), config.producerIdExpirationMs());
            return true;
        });
    }

    /// As [Partition#housekeep].
    void housekeep(Runnable then) {
        Boolean begun = onLog(open -> {
            room.expire(open.producers(), loop.nowMs(), config.producerIdExpirationMs());
            open.retain(loop.wallClockMs(), events.retainable(), loop, failure -> {
                startMoved(open, failure);
                if (failure == null && isOnline()) {
                    open.adoptIndexes(loop, adopting -> {
                        failed(open, adopting);
                        flushing.checkpointThen(then);
                    });
                } else {
                    loop.execute(then);
                }
            });
            return true;
        });
        if (begun == null) {
            loop.execute(then);
        }
    }

    /// @param done told whether that is so for good
    void advanceLogStart(long to, Consumer<Boolean> done) {
        PartitionLog open = log();
        open.advanceLogStart(to, events.highWatermark(), loop, failure -> {
            startMoved(open, failure);
            done.accept(failure == null);
        });
    }

    /// Or may have: what was asked for may have been so already.
    private void startMoved(@Nullable PartitionLog which, IOException failure) {
        failed(which, failure);
        if (which == log && isOnline()) {
            flushing.recount();
            flushing.resume();
            if (log().logStart() != toldStart) {
                toldStart = log().logStart();
                events.startMoved();
            }
        }
    }

    private void failed(@Nullable PartitionLog which, IOException failure) {
        if (failure != null && which == log) {
            goOffline(failure);
        }
    }

    /// As [Partition#onLog].
    <T> @Nullable T onLog(Partition.LogTask<T> task) {
        if (!isOnline()) {
            return null;
        }
        try {
            T result = task.run(log());
            flushing.recount();
            return result;
        } catch (IndexBeingBuilt e) {
            // Nothing is wrong with the log, and the upkeep comes again.
            return null;
        } catch (IOException e) {
            goOffline(e);
            return null;
        }
    }

    // ---- being cut

    boolean isBeingCut() {
        return cutting;
    }

    /// Cuts everything at and behind the offset, away from the loop.
    ///
    /// @param then runs on the loop when that is done, and not where it failed or the replica has ended
    void cut(long offset, Runnable then) {
        PartitionLog open = log();
        cutting = true;
        open.truncateLater(offset, loop, failure -> wasCut(open, failure, then));
    }

    /// Drops the log for one that begins at the offset. As [#cut].
    void beginAnew(long offset, Runnable then) {
        log().abandon();
        cutting = true;
        PartitionLog[] begun = new PartitionLog[1];
        LogConfig now = config;
        folder.disk().runLater(
                () -> begun[0] = PartitionLog.beginAt(id, topicId, now, folder, offset),
                loop,
                failure -> wasCut(begun[0], failure, then));
    }

    private void wasCut(@Nullable PartitionLog which, @Nullable IOException failure, Runnable then) {
        cutting = false;
        // Of a log that was dropped for another nothing counts any more.
        IOException wrong = failure != null || which != log ? failure : faultMeanwhile;
        faultMeanwhile = null;
        if (ended) {
            if (which != null) {
                which.abandon();
            }
            afterCut.forEach(Runnable::run);
            afterCut.clear();
        } else if (wrong != null) {
            goOffline(wrong);
        } else {
            use(requireNonNull(which, "a log is cut, or is not"));
            events.wasCut();
            // A sync that was to begin, or to end, while it was being cut has come to nothing.
            planFlush();
            then.run();
        }
    }

    // ---- offline, and back

    /// Opens the log, of which nothing is known yet, away from the loop.
    ///
    /// @param when runs what it is given once the files are free
    void openLater(Consumer<Runnable> when) {
        offlineReason = id + " is being opened";
        opening = true;
        when.accept(reopening::begin);
    }

    /// As [Partition#isBeingOpened].
    boolean isBeingOpened() {
        return opening;
    }

    /// Where the log is being cut, once that has ended.
    void goOffline(IOException cause) {
        if (cutting && faultMeanwhile == null) {
            faultMeanwhile = cause;
        }
        if (isOnline()) {
            isOffline(cause);
            if (log != null) {
                log.abandon();
            }
            reopening.plan(cause);
            availability.accept(false);
            room.close();
            flushing.stop();
            events.wentOffline();
        }
    }

    private void isOffline(IOException cause) {
        opening = false;
        offlineReason = id + " is offline: " + Reopening.reason(cause);
    }

    private void comeBack(PartitionLog opened) {
        use(opened);
        offlineReason = null;
        opening = false;
        availability.accept(true);
        events.cameBack();
    }

    /// As [Partition#watchAvailability].
    void watchAvailability(Consumer<Boolean> watcher) {
        availability = watcher;
        watcher.accept(offlineReason == null);
    }

    // ---- end

    /// Syncs and writes what makes the next open instant. Blocks.
    void close() {
        if (isOnline()) {
            try {
                log().close(events.highWatermark());
            } catch (IOException e) {
                goOffline(e);
            }
        }
    }

    /// Lets go of what it has, and deletes its files: at once, or when nobody works on them any more.
    ///
    /// @param gone runs then; not where it is at once
    /// @return whether it was at once
    boolean delete(Runnable gone) {
        end();
        Runnable last = () -> {
            deleteFiles();
            gone.run();
        };
        boolean later = cutting ? afterCut.add(last) : reopening.whenEnded(last);
        if (!later) {
            deleteFiles();
        }
        return !later;
    }

    private void deleteFiles() {
        try {
            if (log != null) {
                log.delete();
            } else {
                folder.deleteUnopened(id, topicId);
            }
        } catch (IOException e) {
            LOG.error("{} is deleted, but its files are not, and wait for the next start: {}", id,
                    Reopening.reason(e));
        }
    }

    /// Lets go of what it has.
    void end() {
        ended = true;
        if (log != null && !cutting) {
            log.abandon();
        }
        room.close();
        flushing.stop();
        reopening.stop();
    }
}
