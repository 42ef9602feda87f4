package io.chapar.broker.log.model;

import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.producer.ProducerSnapshot;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// After an opening: finds out which of the possible states the log is in, and that it is one.
final class Resolution {
    private final Subject subject;
    private final LogModel model;

    Resolution(Subject subject) {
        this.subject = subject;
        this.model = subject.model;
    }

    void resolve() throws IOException {
        PartitionLog log = subject.log();
        List<Written> found = subject.isLed()
                ? subject.checks.read(subject.partition)
                : subject.checks.read(log);
        long start = log.logStart();
        long end = log.logEnd();
        subject.tell("opened with " + start + ".." + end + " of " + model.start + ".." + model.end + ", durable "
                + subject.durableEnd + ", settled " + subject.settled);
        resolveStart(start);
        resolveEnd(end);
        // Where nothing is left behind the log start, the offsets before it are not given again.
        boolean emptied = subject.powerWasLost && found.isEmpty() && start == end;
        if (subject.settled == 0) {
            resolveBatches(found, start, end, emptied);
        }
        takeExtra(found, start);
        model.cut(end);
        if (emptied) {
            model.drop(each -> each.next() > end);
        }
        model.start = start;
        long durableBefore = subject.powerWasLost ? subject.durableEnd : Long.MAX_VALUE;
        if (subject.powerWasLost) {
            subject.rememberAll();
            subject.durableEnd = end;
            subject.durableStart = start;
        } else {
            subject.durableEnd = Math.min(subject.durableEnd, end);
        }
        subject.powerWasLost = false;
        subject.nothingIsUnderWay();
        if (emptied) {
            resolveEmpty(durableBefore);
        }
        resolveProducers();
        if (subject.settled > 0) {
            subject.noteSettled();
            subject.compactedTo(found);
        }
        subject.lookedAt();
    }

    private void resolveStart(long start) {
        long most = Math.max(model.start, subject.startingAt);
        if (subject.powerWasLost) {
            assertTrue(start >= Math.min(subject.durableStart, subject.durableEnd)
                            && (start <= most || subject.retaining),
                    () -> "log start " + start + " of " + model.start + ", durable " + subject.durableStart);
        } else {
            assertTrue(start == model.start || start == subject.startingAt || start == subject.truncatingTo
                    || (subject.retaining && start > model.start), () -> "log start " + start + " of " + model.start);
        }
    }

    private void resolveEnd(long end) {
        long least = subject.powerWasLost
                ? Math.min(subject.durableEnd, model.end)
                : subject.truncatingTo >= 0 ? subject.truncatingTo : model.end;
        assertTrue(end >= least, () -> "the log ends at " + end + ", which is before " + least);
    }

    /// Of a log that was never compacted: a beginning of what was written.
    private void resolveBatches(List<Written> found, long start, long end, boolean emptied) {
        List<Written> expected = model.history.stream()
                .filter(each -> each.last() >= start && each.base() < end).toList();
        int same = Math.min(found.size(), expected.size());
        assertTrue(found.stream().skip(same).allMatch(each -> each.base() >= model.end),
                () -> "from nowhere: " + found);
        for (int i = 0; i < same; i++) {
            assertEquals(expected.get(i).toString(), found.get(i).toString(), "batch " + i);
            assertEquals(expected.get(i).bytes, found.get(i).bytes, "batch " + i);
        }
        List<Written> missing = expected.subList(same, expected.size()).stream()
                .filter(each -> !emptied || each.next() <= subject.durableEnd).toList();
        assertEquals(List.of(), missing, "missing");
    }

    /// What was being appended may be there.
    private void takeExtra(List<Written> found, long start) {
        List<Written> extra = found.stream().filter(each -> each.base() >= model.end).toList();
        assertTrue(extra.size() <= subject.appending.size(), () -> "from nowhere: " + extra);
        for (int i = 0; i < extra.size(); i++) {
            Written each = extra.get(i);
            assertTrue(subject.appending.get(i).isIn(each.batch, subject.config.logAppendTime()),
                    () -> "from nowhere: " + extra);
            model.start = start;
            model.add(each);
        }
    }

    /// A log that lost its end up to its start does not tell how far it had come; its producers do.
    private void resolveEmpty(long durableBefore) {
        Map<Long, ModelProducer.View> known = producers();
        while (!model.history.isEmpty() && model.history.getLast().last() >= durableBefore && !producersAre(known)) {
            long last = model.history.getLast().base();
            model.drop(each -> each.base() == last);
        }
    }

    private boolean producersAre(Map<Long, ModelProducer.View> found) {
        for (long id : model.producerIds()) {
            if (model.candidates(id).stream().map(this::view).noneMatch(view ->
                    Objects.equals(view, found.get(id)))) {
                return false;
            }
        }
        return model.producerIds().containsAll(found.keySet());
    }

    /// What is known of the producers now: of a partition without their windows.
    private Map<Long, ModelProducer.View> producers() {
        if (!subject.isLed()) {
            return ModelProducer.parse(ProducerSnapshot.write(subject.log().producers()));
        }
        Map<Long, ModelProducer.View> views = new TreeMap<>();
        LogChecks.describe(subject.partition).forEach((id, each) -> views.put(id, ModelProducer.view(each)));
        return views;
    }

    private ModelProducer.View view(ModelProducer producer) {
        return producer == null ? null : subject.isLed() ? producer.viewWithoutWindow() : producer.view();
    }

    /// What housekeeping has forgotten may be back.
    void resolveProducers() {
        Map<Long, ModelProducer.View> found = producers();
        for (long id : model.producerIds()) {
            List<ModelProducer.View> candidates = model.candidates(id).stream().map(this::view).toList();
            int which = candidates.indexOf(found.get(id));
            if (subject.isLed() && candidates.size() > 1) {
                subject.unsure.add(id);
            } else {
                subject.unsure.remove(id);
            }
            assertTrue(which >= 0,
                    () -> "producer " + id + " is " + found.get(id) + " and should be one of " + candidates);
            model.choose(id, which);
        }
        assertTrue(model.producerIds().containsAll(found.keySet()), "no producer from nowhere");
    }
}
