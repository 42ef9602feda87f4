package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.admin.Admin;
import io.chapar.protocol.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Deletes from an application's repartition topics what is below the committed positions: it is never read again. On a
/// thread of its own until `stop` is counted down. A failure is left to the next time.
record RepartitionPurge(ClientConfig client, String applicationId, Set<String> topics, long intervalMs,
        CountDownLatch stop) implements Runnable {
    static final long INTERVAL_MS = 30_000;
    private static final Logger LOG = LoggerFactory.getLogger(RepartitionPurge.class);

    @Override
    public void run() {
        try {
            while (!stop.await(intervalMs, TimeUnit.MILLISECONDS)) {
                purge();
            }
        } catch (InterruptedException e) {
            LOG.debug("The purge of {} was interrupted", topics);
        }
    }

    private void purge() {
        try (Admin admin = Admin.open(client)) {
            TreeMap<TopicPartition, Long> processed = new TreeMap<>();
            admin.committedOffsets(applicationId).forEach((partition, position) -> {
                if (topics.contains(partition.topic())) {
                    processed.put(partition, position.offset());
                }
            });
            if (!processed.isEmpty()) {
                admin.deleteRecords(processed).forEach((partition, result) ->
                        LOG.debug("{} begins at {} now", partition, result));
            }
        } catch (ChaparException e) {
            LOG.warn("Processed records stay in {} for now: {}", topics, e.getMessage());
        }
    }
}
