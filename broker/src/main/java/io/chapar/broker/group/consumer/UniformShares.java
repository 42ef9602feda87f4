package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.Sharing.SharedTopic;
import io.chapar.broker.group.consumer.Sharing.Sharer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;

/// Even shares over all topics, with as few moves as that takes.
final class UniformShares {
    /// Over all topics, until nothing moves any more. Each round ends more even than it began; of a group that is not
    /// even after so many, the rest is left to the next change.
    private static final int MAX_ROUNDS = 10;
    private static final int NOBODY = -1;
    private static final Comparator<Sharer> LIGHTEST =
            Comparator.comparingInt(Sharer::load).thenComparingInt(Sharer::place);

    private UniformShares() {}

    // ---- all want the same

    /// Nobody has two more than anybody else.
    static void amongEquals(Sharing sharing) {
        List<Sharer> sharers = sharing.sharers();
        int total = sharing.topics().stream().mapToInt(SharedTopic::partitions).sum();
        int each = total / sharers.size();
        int more = total % sharers.size();
        Map<UUID, boolean[]> taken = keepUpTo(sharing, each, more);
        for (Sharer sharer : sharers) {
            more -= sharer.load() > each ? 1 : 0;
        }
        int[] room = new int[sharers.size()];
        List<Sharer> hungry = new ArrayList<>();
        for (Sharer sharer : sharers) {
            if (sharer.load() <= each) {
                int limit = each + (more > 0 ? 1 : 0);
                more -= more > 0 ? 1 : 0;
                room[sharer.place()] = limit - sharer.load();
                if (room[sharer.place()] > 0) {
                    hungry.add(sharer);
                }
            }
        }
        handOut(sharing, taken, hungry, room);
    }

    /// What members have and may keep; `more` of them keep one more than the others.
    ///
    /// @return by topic, whether each partition is kept
    private static Map<UUID, boolean[]> keepUpTo(Sharing sharing, int each, int more) {
        Map<UUID, SharedTopic> byId = new LinkedHashMap<>();
        Map<UUID, boolean[]> taken = new LinkedHashMap<>();
        for (SharedTopic topic : sharing.topics()) {
            byId.put(topic.id(), topic);
            taken.put(topic.id(), new boolean[topic.partitions()]);
        }
        int[] left = {more};
        for (Sharer sharer : sharing.sharers()) {
            sharer.before().each((id, partition) -> {
                SharedTopic topic = byId.get(id);
                boolean[] gone = taken.get(id);
                if (topic == null || gone == null || partition >= gone.length || gone[partition]) {
                    return;
                }
                boolean extra = sharer.load() == each && left[0] > 0;
                if (sharer.load() < each || extra) {
                    left[0] -= extra ? 1 : 0;
                    gone[partition] = true;
                    sharer.give(topic, partition);
                }
            });
        }
        return taken;
    }

    private static void handOut(
            Sharing sharing, Map<UUID, boolean[]> taken, List<Sharer> hungry, int[] room) {
        int next = 0;
        for (SharedTopic topic : sharing.topics()) {
            boolean[] gone = taken.getOrDefault(topic.id(), new boolean[topic.partitions()]);
            for (int partition = 0; partition < topic.partitions(); partition++) {
                if (gone[partition]) {
                    continue;
                }
                // Round about, so that the partitions of one topic are spread.
                next = next % hungry.size();
                Sharer sharer = hungry.get(next);
                sharer.give(topic, partition);
                room[sharer.place()]--;
                if (room[sharer.place()] == 0) {
                    hungry.remove(next);
                } else {
                    next++;
                }
            }
        }
    }

    // ---- each wants something else

    /// No partition can be moved so that the two whom it concerns are more even afterwards.
    static void amongOthers(Sharing sharing) {
        List<SharedTopic> topics = new ArrayList<>(sharing.topics());
        // Who can have little else is served first.
        topics.sort(Comparator.comparingInt(SharedTopic::count));
        List<int[]> owners = new ArrayList<>();
        topics.forEach(topic -> owners.add(keep(topic)));
        for (int i = 0; i < topics.size(); i++) {
            fill(topics.get(i), owners.get(i));
        }
        boolean moved = true;
        for (int round = 0; round < MAX_ROUNDS && moved; round++) {
            moved = false;
            for (int i = 0; i < topics.size(); i++) {
                moved |= even(topics.get(i), owners.get(i), sharing.sharers());
            }
        }
    }

    /// @return the place of each partition's owner
    private static int[] keep(SharedTopic topic) {
        int[] owners = new int[topic.partitions()];
        Arrays.fill(owners, NOBODY);
        for (Sharer sharer : topic.sharers()) {
            sharer.before().eachOf(topic.id(), partition -> {
                if (partition < owners.length && owners[partition] == NOBODY) {
                    owners[partition] = sharer.place();
                    sharer.give(topic, partition);
                }
            });
        }
        return owners;
    }

    private static void fill(SharedTopic topic, int[] owners) {
        PriorityQueue<Sharer> lightest = new PriorityQueue<>(LIGHTEST);
        for (int partition = 0; partition < owners.length; partition++) {
            if (owners[partition] != NOBODY) {
                continue;
            }
            if (lightest.isEmpty()) {
                lightest.addAll(topic.sharers());
            }
            Sharer sharer = lightest.remove();
            owners[partition] = sharer.place();
            sharer.give(topic, partition);
            lightest.add(sharer);
        }
    }

    /// From the heaviest who has partitions of the topic to the lightest who may have them, while that is fairer.
    ///
    /// @return whether anything moved
    private static boolean even(SharedTopic topic, int[] owners, List<Sharer> all) {
        Map<Sharer, List<Integer>> having = new LinkedHashMap<>();
        for (int partition = owners.length - 1; partition >= 0; partition--) {
            having.computeIfAbsent(all.get(owners[partition]), _ -> new ArrayList<>()).add(partition);
        }
        PriorityQueue<Sharer> lightest = new PriorityQueue<>(LIGHTEST);
        lightest.addAll(topic.sharers());
        PriorityQueue<Sharer> heaviest = new PriorityQueue<>(LIGHTEST.reversed());
        heaviest.addAll(having.keySet());
        boolean moved = false;
        while (!heaviest.isEmpty()) {
            Sharer from = heaviest.remove();
            Sharer to = lightest.remove();
            if (from.load() - to.load() < 2) {
                return moved;
            }
            moved = true;
            // Who is given one has at most one more than the lightest from here on, and gives none.
            heaviest.remove(to);
            lightest.remove(from);
            List<Integer> has = having.getOrDefault(from, List.of());
            int partition = has.removeLast();
            from.takeBack(topic, partition);
            to.give(topic, partition);
            owners[partition] = to.place();
            lightest.add(from);
            lightest.add(to);
            if (!has.isEmpty()) {
                heaviest.add(from);
            }
        }
        return moved;
    }
}
