package io.chapar.broker.metadata.quorum;

import org.apache.ratis.server.RaftServer;
import org.apache.ratis.util.JvmPauseMonitor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.reflect.Field;

/// The library looks three times a second how long this process has stood still, and asks the collectors' beans each
/// time: a third of what a voter takes that has nothing to do. It lets a leader step down after seconds of it, which
/// the next one's term does as well, and there is no setting for it. So that watch is ended.
final class LibraryWatch {
    private static final Logger LOG = LoggerFactory.getLogger(LibraryWatch.class);
    private static final String FIELD = "pauseMonitor";

    private LibraryWatch() {}

    /// Once the server has started. Another version of the library may have nothing of the kind: then it stays as is.
    static void end(RaftServer server) {
        try {
            Field field = server.getClass().getDeclaredField(FIELD);
            field.setAccessible(true);
            if (field.get(server) instanceof JvmPauseMonitor watch) {
                watch.stop();
                return;
            }
            LOG.debug("The consensus library's {} is none", FIELD);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.debug("The consensus library goes on watching for pauses", e);
        }
    }
}
