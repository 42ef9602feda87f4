package io.chapar.cli.otlp;

import org.junit.jupiter.api.Test;

import java.net.ConnectException;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PushNoticesTest {
    private final PushNotices notices = new PushNotices();

    private boolean failedAt(long minute) {
        return notices.failed(TimeUnit.MINUTES.toNanos(minute));
    }

    @Test
    void aFailureIsSaidWhenItBeginsAndEveryTenMinutes() {
        assertFalse(notices.succeeded());
        assertTrue(failedAt(0));
        assertFalse(failedAt(1));
        assertFalse(failedAt(9));
        assertTrue(failedAt(10));
        assertFalse(failedAt(19));
        assertTrue(notices.succeeded());
        assertFalse(notices.succeeded());
        assertTrue(failedAt(20));
    }

    @Test
    void theReasonIsTheInnermostOneOnOneLine() {
        assertEquals("no answer came in time", PushNotices.reason(null));
        assertEquals("ConnectException", PushNotices.reason(new IllegalStateException("a", new ConnectException())));
        assertEquals("a b", PushNotices.reason(new IllegalStateException("a\nb")));
        assertEquals(303, PushNotices.reason(new IllegalStateException("x".repeat(9_999))).length());
    }
}
