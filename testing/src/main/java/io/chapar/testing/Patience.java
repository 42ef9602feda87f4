package io.chapar.testing;

import org.awaitility.Awaitility;
import org.awaitility.pollinterval.IterativePollInterval;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

import java.time.Duration;

/// How long a test waits by default for what must come, long enough for a machine that is busy with other things; and
/// how often it looks, at first often.
public final class Patience implements LauncherSessionListener {
    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final Duration FIRST_LOOK = Duration.ofMillis(10);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(LONGEST);
        Awaitility.setDefaultPollInterval(new IterativePollInterval(
                before -> before.compareTo(BETWEEN_LOOKS) < 0 ? before.multipliedBy(2) : before, FIRST_LOOK));
    }
}
