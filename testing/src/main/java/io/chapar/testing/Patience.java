package io.chapar.testing;

import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

import java.time.Duration;

/// How long a test waits by default for what must come: long enough for a machine that is busy with other things.
public final class Patience implements LauncherSessionListener {
    private static final Duration LONGEST = Duration.ofSeconds(90);

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(LONGEST);
    }
}
