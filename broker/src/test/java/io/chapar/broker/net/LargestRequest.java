package io.chapar.broker.net;

import io.chapar.protocol.message.ApiKey;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/// The largest request: one of its lists has nearly as many elements as are allowed, the others have one; or its texts
/// and bytes are as long as can be said.
///
/// @param path of that list; empty when it is the texts that are long
/// @param known whether it names over and over what there is, the partitions of one topic, or what there is not
record LargestRequest(
        ApiKey api, String path, int elements, boolean known, String topic, UUID topicId, AtomicInteger made)
        implements GeneratedRequests.Content {

    private static final int LONGEST_TEXT = Short.MAX_VALUE;
    private static final int LONGEST_BYTES = 7_800_000;

    LargestRequest(ApiKey api, String path, int elements, boolean known, String topic, UUID topicId) {
        this(api, path, elements, known, topic, topicId, new AtomicInteger());
    }

    @Override
    public int length(String at) {
        return at.equals(path) ? elements : 1;
    }

    @Override
    public String text(String name) {
        if (path.isEmpty() && !known) {
            return "y".repeat(LONGEST_TEXT);
        }
        if (name.equals("transactionalId")) {
            return api == ApiKey.PRODUCE ? null : "tx";
        }
        if (name.endsWith("attern")) {
            return "";
        }
        return known ? topic : "n" + made.getAndIncrement();
    }

    @Override
    public long number(String name, Class<?> type) {
        return switch (name) {
            case "keyType", "resourceType" -> name.equals("keyType") ? 0 : 2;
            case "maxWaitMs", "timeoutMs", "minBytes", "isolationLevel", "configOperation" -> 0;
            case "acks" -> -1;
            case "sessionTimeoutMs" -> 10_000;
            case "numPartitions", "replicationFactor" -> -1;
            case "allowAutoTopicCreation", "allTopics", "includeSynonyms", "validateOnly" -> 0;
            case "timestamp", "sessionEpoch", "leaderEpoch", "currentLeaderEpoch", "generationId",
                    "generationIdOrMemberEpoch", "durationFilter" -> -1;
            case "partitionMaxBytes", "maxBytes" -> 1024;
            case "sessionId", "fetchOffset", "offset", "committedOffset" -> 0;
            default -> made.getAndIncrement() % 1000;
        };
    }

    @Override
    public UUID uuid(String name) {
        return known ? topicId : new UUID(5, made.getAndIncrement());
    }

    @Override
    public byte[] bytes(String name) {
        return new byte[path.isEmpty() ? LONGEST_BYTES : 0];
    }

    @Override
    public byte[] records() {
        return new byte[0];
    }

    @Override
    public boolean isNull(String name) {
        return name.equals("assignments") && !path.isEmpty();
    }

    @Override
    public String toString() {
        return api + " with " + (path.isEmpty() ? "long texts" : elements + " " + path)
                + (known ? ", known" : ", unknown");
    }
}
