package io.chapar.broker.metadata.quorum;

import org.apache.ratis.server.RaftServer;
import org.apache.ratis.util.AwaitForSignal;
import org.apache.ratis.util.MemoizedSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.reflect.Field;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/// The library's thread that applies entries waits to be told of one, and wakes up ten times a second all the same: a
/// signal that comes a moment before it waits is lost. This one keeps it until somebody waits, so nothing is missed,
/// and it wakes up once in [#LOOK_MS] only. There is no setting for that.
final class LibrarySignal extends AwaitForSignal {
    private static final Logger LOG = LoggerFactory.getLogger(LibrarySignal.class);
    static final long LOOK_MS = 1_000;

    private final Lock lock = new ReentrantLock();
    private final Condition given = lock.newCondition();
    private boolean isGiven;

    LibrarySignal(String name) {
        super(name);
    }

    @Override
    public void signal() {
        lock.lock();
        try {
            isGiven = true;
            given.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// However long it is wanted.
    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
        long leftNs = TimeUnit.MILLISECONDS.toNanos(LOOK_MS);
        lock.lockInterruptibly();
        try {
            while (!isGiven && leftNs > 0) {
                leftNs = given.awaitNanos(leftNs);
            }
            boolean was = isGiven;
            isGiven = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /// Once the server has started: its thread comes to this signal when it has waited for the old one. Another version
    /// of the library may have nothing of the kind: then it stays as is.
    static void keepIn(RaftServer.Division division) {
        try {
            Object state = of(division, "state");
            if (of(state, "stateMachineUpdater") instanceof MemoizedSupplier<?> updater && updater.isInitialized()) {
                Field field = updater.get().getClass().getDeclaredField("awaitForSignal");
                field.setAccessible(true);
                field.set(updater.get(), new LibrarySignal(updater.get().toString()));
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.debug("The consensus library goes on looking for entries ten times a second", e);
        }
    }

    private static Object of(Object holder, String name) throws ReflectiveOperationException {
        Field field = holder.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(holder);
    }
}
