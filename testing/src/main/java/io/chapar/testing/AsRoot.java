package io.chapar.testing;

import org.opentest4j.TestAbortedException;

/// Tests that change the machine they run on, which takes root: network namespaces, packages. They run where
/// `CHAPAR_TESTS_AS_ROOT=yes` says that they may, and then have to; everywhere else they are skipped, and say so.
public final class AsRoot {
    private static final String VARIABLE = "CHAPAR_TESTS_AS_ROOT";

    private AsRoot() {
    }

    /// Skips the test that calls it where nobody says that it may.
    ///
    /// @param what it does to the machine
    public static void may(String what) {
        if (!"yes".equals(System.getenv(VARIABLE))) {
            throw new TestAbortedException("SKIPPED: " + what + " needs root, and " + VARIABLE + "=yes");
        }
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new IllegalStateException(VARIABLE + " is set, and this is not root");
        }
    }
}
