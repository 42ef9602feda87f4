package io.chapar.broker.handler;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.CreateTopicsResponse.CreatableTopicResult;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is said of changes, however they are named.
final class AdminLogTest {
    private static CreatableTopic topic(String name) {
        return new CreatableTopic(name, 3, (short) 1, List.of(), List.of());
    }

    private static CreatableTopicResult result(String name, ErrorCode error) {
        return new CreatableTopicResult(name, new UUID(0, 0), error.code(), null, (short) 0, 3, (short) 1, List.of());
    }

    private static String line(String client, String what, String result) {
        return AdminLog.line(AdminLog.fields("CreateTopics", "User:ANONYMOUS", "10.0.0.1", client, what, result));
    }

    @Test
    void aChangeIsOneLine() {
        CreateTopicsRequest request = CreateTopicsRequest.builder()
                .topics(List.of(topic("orders"), topic("late"))).validateOnly(true).build();
        CreateTopicsResponse response = CreateTopicsResponse.builder().topics(List.of(
                result("orders", ErrorCode.NONE), result("late", ErrorCode.TOPIC_ALREADY_EXISTS))).build();
        assertEquals("api=CreateTopics principal=User:ANONYMOUS from=10.0.0.1 client=deploy-1"
                + " what=\"orders partitions=3 factor=1, late partitions=3 factor=1 (validate only)\""
                + " result=\"1 ok, refused: late TOPIC_ALREADY_EXISTS\"",
                line("deploy-1", AdminRequest.text(request), AdminResponse.text(response)));
        assertEquals("ok", AdminResponse.text(CreateTopicsResponse.builder()
                .topics(List.of(result("orders", ErrorCode.NONE))).build()));
    }

    @Test
    void settingsAreNamedWithTheirValues() {
        assertEquals("topic orders retention.ms=5, x unset, loggers of broker 1 root=DEBUG",
                AdminRequest.text(IncrementalAlterConfigsRequest.builder().resources(List.of(
                        new AlterConfigsResource(ConfigTarget.TOPIC, "orders", List.of(
                                new AlterableConfig("retention.ms", AlterConfigsHandler.SET, "5"),
                                new AlterableConfig("x", AlterConfigsHandler.DELETE, null))),
                        new AlterConfigsResource(ConfigTarget.BROKER_LOGGER, "1", List.of(
                                new AlterableConfig("root", AlterConfigsHandler.SET, "DEBUG"))))).build()));
    }

    @Test
    void aNameForgesNeitherALineNorAField() {
        String line = line("me\" result=ok x=\"", "a\nb\\\" result=ok", "refused");
        assertEquals("api=CreateTopics principal=User:ANONYMOUS from=10.0.0.1 client=\"me\\\" result=ok x=\\\"\""
                + " what=\"a\\\\u000ab\\\\\\\" result=ok\" result=refused", line);
    }

    @Test
    void aLineOfMuchHasAnEnd() {
        List<CreatableTopic> topics = new ArrayList<>(Collections.nCopies(100_000, topic("\n".repeat(30_000))));
        List<CreatableTopicResult> results = Collections.nCopies(
                100_000, result("\u202e".repeat(30_000), ErrorCode.INVALID_TOPIC_EXCEPTION));
        String line = line("x".repeat(30_000), AdminRequest.text(CreateTopicsRequest.builder().topics(topics).build()),
                AdminResponse.text(CreateTopicsResponse.builder().topics(results).build()));
        assertTrue(line.length() < 8_000, () -> Integer.toString(line.length()));
        assertTrue(line.contains(" more"), line);
    }
}
