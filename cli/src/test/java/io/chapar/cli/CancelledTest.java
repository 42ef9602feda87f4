package io.chapar.cli;

import io.chapar.client.FatalException;
import io.chapar.client.admin.AdminResult;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

class CancelledTest {
    @Test
    void whatArrivedMeanwhileIsNotRefused() {
        Cancelled cancelled = Cancelled.of(Map.of(new TopicPartition("t", 0), done(),
                new TopicPartition("t", 1), refused(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS),
                new TopicPartition("t", 2), refused(ErrorCode.NOT_CONTROLLER)));
        assertEquals(1, cancelled.ended());
        assertEquals(Map.of(new TopicPartition("t", 2), "no"), cancelled.refused());
    }

    private static AdminResult<AdminResult.Success> done() {
        return new AdminResult.Done<>(AdminResult.Success.SUCCESS);
    }

    private static AdminResult<AdminResult.Success> refused(ErrorCode error) {
        return new AdminResult.Refused<>(error, new FatalException(error, "no"));
    }
}
