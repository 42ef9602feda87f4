package io.chapar.protocol;

import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ErrorCodeTest {
    @Test
    void namesAndNumbersAreKafkas() {
        assertEquals(Errors.values().length, ErrorCode.values().length);
        for (Errors theirs : Errors.values()) {
            assertEquals(theirs.code(), ErrorCode.valueOf(theirs.name()).code());
            assertEquals(theirs.name(), ErrorCode.of(theirs.code()).name());
        }
    }

    @Test
    void anUnknownNumberIsAnUnknownError() {
        assertEquals(ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.of((short) 9999));
        assertEquals(ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.of((short) -7));
    }
}
