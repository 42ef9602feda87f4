package io.chapar.cli;

import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.GroupDescription.ClassicMember;
import io.chapar.client.admin.GroupDescription.ConsumerMember;
import io.chapar.client.admin.GroupDescription.ShareMember;
import io.chapar.client.admin.GroupDescription.StreamsMember;
import io.chapar.client.admin.GroupDescription.Subtopology;
import io.chapar.client.admin.GroupDescription.Task;
import io.chapar.client.admin.GroupDescription.Tasks;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.TreeMap;

/// The members of a group, with what each of them does.
final class GroupMembers {
    private GroupMembers() {
    }

    /// For people. What members are to have is shown where they have something else.
    static Table table(GroupDescription group) {
        return switch (group) {
            case GroupDescription.Classic classic -> {
                Table table = new Table("member", "instance", "client", "host", "partitions");
                classic.members().forEach(one -> table.row(one.memberId(), one.instanceId(), one.clientId(),
                        one.host(), names(one.assignment())));
                yield table;
            }
            case GroupDescription.Consumer consumer -> consumers(consumer);
            case GroupDescription.Streams streams -> streams(streams);
            case GroupDescription.Share share -> {
                Table table = new Table("member", "client", "host", "epoch", "partitions");
                share.members().forEach(one -> table.row(one.memberId(), one.clientId(), one.host(), one.epoch(),
                        names(one.assignment())));
                yield table;
            }
        };
    }

    private static Table consumers(GroupDescription.Consumer group) {
        if (group.members().stream().allMatch(one -> one.assignment().equals(one.target()))) {
            Table table = new Table("member", "instance", "client", "host", "epoch", "partitions");
            group.members().forEach(one -> table.row(one.memberId(), one.instanceId(), one.clientId(), one.host(),
                    one.epoch(), names(one.assignment())));
            return table;
        }
        Table table = new Table("member", "instance", "client", "host", "epoch", "partitions", "target");
        group.members().forEach(one -> table.row(one.memberId(), one.instanceId(), one.clientId(), one.host(),
                one.epoch(), names(one.assignment()), names(one.target())));
        return table;
    }

    private static Table streams(GroupDescription.Streams group) {
        if (group.members().stream().allMatch(one -> one.tasks().equals(one.target()))) {
            Table table = new Table("member", "client", "host", "epoch", "active", "standby", "warmup");
            group.members().forEach(one -> table.row(one.memberId(), one.clientId(), one.host(), one.epoch(),
                    tasks(one.tasks().active()), tasks(one.tasks().standby()), tasks(one.tasks().warmup())));
            return table;
        }
        Table table = new Table("member", "client", "host", "epoch", "active", "standby", "warmup", "targetActive",
                "targetStandby", "targetWarmup");
        group.members().forEach(one -> table.row(one.memberId(), one.clientId(), one.host(), one.epoch(),
                tasks(one.tasks().active()), tasks(one.tasks().standby()), tasks(one.tasks().warmup()),
                tasks(one.target().active()), tasks(one.target().standby()), tasks(one.target().warmup())));
        return table;
    }

    /// For programs: all that is known.
    static List<Map<String, Object>> objects(GroupDescription group) {
        return group.members().stream().map(GroupMembers::object).toList();
    }

    private static Map<String, Object> object(GroupDescription.Member member) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("member", member.memberId());
        switch (member) {
            case ClassicMember one -> {
                object.put("instance", one.instanceId());
                at(object, one);
                object.put("partitions", names(one.assignment()));
            }
            case ConsumerMember one -> {
                object.put("instance", one.instanceId());
                at(object, one);
                object.put("rack", one.rackId());
                object.put("epoch", one.epoch());
                object.put("topics", one.topics());
                object.put("topicRegex", one.regex());
                object.put("partitions", names(one.assignment()));
                object.put("target", names(one.target()));
            }
            case ShareMember one -> {
                at(object, one);
                object.put("rack", one.rackId());
                object.put("epoch", one.epoch());
                object.put("topics", one.topics());
                object.put("partitions", names(one.assignment()));
            }
            case StreamsMember one -> streams(object, one);
        }
        return object;
    }

    private static void at(Map<String, Object> object, GroupDescription.Member member) {
        object.put("client", member.clientId());
        object.put("host", member.host());
    }

    private static void streams(Map<String, Object> object, StreamsMember one) {
        object.put("instance", one.instanceId());
        at(object, one);
        object.put("rack", one.rackId());
        object.put("process", one.processId());
        object.put("endpoint", one.endpoint());
        object.put("tags", one.tags());
        object.put("epoch", one.epoch());
        object.put("topologyEpoch", one.topologyEpoch());
        object.put("tasks", object(one.tasks()));
        object.put("target", object(one.target()));
        object.put("taskOffsets", offsets(one));
    }

    private static Map<String, Object> object(Tasks tasks) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("active", tasks(tasks.active()));
        object.put("standby", tasks(tasks.standby()));
        object.put("warmup", tasks(tasks.warmup()));
        return object;
    }

    private static List<Map<String, Object>> offsets(StreamsMember member) {
        SequencedSet<Task> said = new LinkedHashSet<>(member.offsets().keySet());
        said.addAll(member.ends().keySet());
        List<Map<String, Object>> all = new ArrayList<>();
        for (Task task : said) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("task", name(task));
            object.put("offset", member.offsets().get(task));
            object.put("end", member.ends().get(task));
            all.add(object);
        }
        return all;
    }

    /// Who reads each partition; of a streams group the one that runs its task.
    static SortedMap<TopicPartition, String> owners(GroupDescription group) {
        SortedMap<TopicPartition, String> owners = new TreeMap<>();
        for (GroupDescription.Member member : group.members()) {
            List<TopicPartition> its = switch (member) {
                case ClassicMember one -> one.assignment();
                case ConsumerMember one -> one.assignment();
                case ShareMember one -> one.assignment();
                case StreamsMember one -> read((GroupDescription.Streams) group, one.tasks().active());
            };
            its.forEach(partition -> owners.put(partition, member.memberId()));
        }
        return owners;
    }

    /// What these tasks read, and partitions that would go with them if all topics of a subtopology had as many.
    private static List<TopicPartition> read(GroupDescription.Streams group, List<Task> tasks) {
        SortedMap<String, List<String>> topics = new TreeMap<>();
        GroupDescription.Topology topology = group.topology();
        if (topology != null && topology.subtopologies() != null) {
            for (Subtopology one : topology.subtopologies()) {
                List<String> names = new ArrayList<>(one.sources());
                one.repartitions().forEach(topic -> names.add(topic.name()));
                topics.put(one.id(), names);
            }
        }
        return tasks.stream().flatMap(task -> topics.getOrDefault(task.subtopology(), List.of()).stream()
                .map(topic -> new TopicPartition(topic, task.partition()))).toList();
    }

    private static List<String> names(List<TopicPartition> partitions) {
        return partitions.stream().map(one -> one.topic() + "-" + one.partition()).toList();
    }

    private static List<String> tasks(List<Task> tasks) {
        return tasks.stream().map(GroupMembers::name).toList();
    }

    /// As Kafka Streams names them, in folders and logs.
    private static String name(Task task) {
        return task.subtopology() + "_" + task.partition();
    }
}
