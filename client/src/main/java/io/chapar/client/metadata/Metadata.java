package io.chapar.client.metadata;

import io.chapar.client.ClientConfig;
import io.chapar.client.UsageException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Keeps one [ClusterView] fresh: by age, and when somebody found it wrong. Topics that it does not hold yet are asked
/// for alone; everything else asks for all that are watched. One request at a time, to one broker after the other; when
/// no broker of the view answers, the configured addresses again. All methods on the loop, but [#view()] from any
/// thread.
public final class Metadata {
    private static final int LOWEST_VERSION = 4;
    /// Kafka's bound. A longer name is not asked for, since one beyond the longest string would take the answer for
    /// all others with it; the view says of it what a broker would.
    private static final int LONGEST_TOPIC = 249;

    private final ClientLoop loop;
    private final Transport transport;
    private final ClientConfig config;
    private final Backoff backoff;
    private final boolean createTopics;
    private final TreeSet<String> watched = new TreeSet<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private volatile ClusterView view = ClusterView.EMPTY;
    private boolean inFlight;
    private boolean stopped;
    /// All are wanted, as soon as the wait between two requests allows.
    private boolean wanted;
    /// These are, in the same way.
    private final TreeSet<String> wantedTopics = new TreeSet<>();
    /// What is wanted is new: there is no wait.
    private boolean atOnce;
    /// Of the request under way; null when that is for all.
    private @Nullable SortedSet<String> asked;
    private int failures;
    private int turn;
    private long lastDoneMs = Long.MIN_VALUE / 2;
    private long lastOfAllMs = Long.MIN_VALUE / 2;
    private String lastFault = "";
    private ClientLoop.@Nullable Timer timer;
    private long timerAtMs = Long.MAX_VALUE;

    /// `createTopics`: whether asking for a topic may bring it into being, where the broker allows that.
    public Metadata(ClientLoop loop, Transport transport, ClientConfig config, Backoff backoff, boolean createTopics) {
        this.loop = loop;
        this.transport = transport;
        this.config = config;
        this.backoff = backoff;
        this.createTopics = createTopics;
    }

    public ClusterView view() {
        return view;
    }

    /// Why the last refresh failed, empty when it did not; for messages to users.
    public String lastFault() {
        return lastFault;
    }

    /// Runs after every change of the view, and after every failed refresh, on the loop.
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /// Refuses names that no broker can be asked for.
    public static void requireNames(Collection<String> topics) {
        for (String topic : topics) {
            if (topic.length() > LONGEST_TOPIC) {
                throw new UsageException(ErrorCode.INVALID_TOPIC_EXCEPTION, "A topic's name has at most "
                        + LONGEST_TOPIC + " characters, not " + topic.length() + ": "
                        + topic.substring(0, LONGEST_TOPIC) + "...");
            }
        }
    }

    /// From now on the view holds this topic, or the error why not. A new topic is asked for at once.
    public void watch(String topic) {
        if (watched.add(topic)) {
            atOnce = true;
            wantedTopics.add(topic);
            arm();
        }
    }

    /// A watched topic is not there, or cannot be used yet: as [#refresh], for this one alone.
    public void askAgain(String topic) {
        wantedTopics.add(topic);
        arm();
    }

    public void unwatch(String topic) {
        watched.remove(topic);
        wantedTopics.remove(topic);
    }

    /// The view was found wrong or old: asks again as soon as the wait between two refreshes allows. Cheap to repeat.
    public void refresh() {
        wanted = true;
        arm();
    }

    /// A broker to ask what any broker knows: in turn, the known ones first.
    public Node anyNode() {
        List<Node> candidates = candidates();
        return candidates.get(Math.floorMod(turn++, candidates.size()));
    }

    /// A broker's answer named a leader. Newer than the view: the view takes it and this is true; the node must be
    /// known, or given by the same answer (`endpoint`, else null). Otherwise a refresh is asked for.
    public boolean learnLeader(String topic, int partition, int leaderId, int leaderEpoch, @Nullable Node endpoint) {
        TopicView topicView = view.topic(topic);
        PartitionView known = topicView == null ? null : topicView.partition(partition);
        if (known == null || leaderId < 0 || leaderEpoch <= known.leaderEpoch()
                || (endpoint == null && !view.nodes().containsKey(leaderId))) {
            refresh();
            return false;
        }
        ClusterView next = endpoint == null ? view : view.withNode(endpoint);
        publish(next.withLeader(topic, partition, leaderId, leaderEpoch));
        return true;
    }

    public void stop() {
        stopped = true;
        disarm();
    }

    private void arm() {
        if (inFlight || stopped) {
            return;
        }
        long nowMs = loop.nowMs();
        long dueMs = lastOfAllMs + config.metadataMaxAgeMs();
        if (wanted || !wantedTopics.isEmpty()) {
            long waitMs = failures > 0 ? backoff.delayMs(failures) : atOnce ? 0 : config.retryBackoffMs();
            dueMs = Math.max(nowMs, lastDoneMs + waitMs);
        }
        if (timer != null && timerAtMs <= dueMs) {
            return;
        }
        disarm();
        timerAtMs = dueMs;
        timer = loop.schedule(Math.max(0, dueMs - nowMs), this::send);
    }

    private void disarm() {
        if (timer != null) {
            timer.cancel();
            timer = null;
            timerAtMs = Long.MAX_VALUE;
        }
    }

    private void send() {
        timer = null;
        timerAtMs = Long.MAX_VALUE;
        if (inFlight || stopped) {
            return;
        }
        inFlight = true;
        boolean all = wanted || wantedTopics.isEmpty()
                || loop.nowMs() >= lastOfAllMs + config.metadataMaxAgeMs();
        asked = all ? null : new TreeSet<>(wantedTopics);
        wanted = false;
        wantedTopics.clear();
        atOnce = false;
        Call call = Call.of(request(), config.requestTimeoutMs()).atLeast(LOWEST_VERSION);
        transport.send(anyNode(), call, this::onOutcome);
    }

    private MetadataRequest request() {
        List<MetadataRequest.MetadataRequestTopic> topics = new ArrayList<>();
        for (String topic : asked != null ? asked : watched) {
            if (topic.length() <= LONGEST_TOPIC) {
                topics.add(MetadataRequest.MetadataRequestTopic.builder().name(topic).build());
            }
        }
        return MetadataRequest.builder()
                .topics(topics)
                .allowAutoTopicCreation(createTopics)
                .build();
    }

    private void onOutcome(CallResult outcome) {
        inFlight = false;
        lastDoneMs = loop.nowMs();
        if (stopped) {
            return;
        }
        switch (outcome) {
            case CallResult.Answered(MetadataResponse response, short version) -> accept(response);
            case CallResult.Answered _, CallResult.Written _ -> failed("unexpected answer " + outcome);
            case CallResult.NoAnswer none -> failed(none.detail());
        }
        arm();
    }

    private void failed(String why) {
        failures++;
        wanted = true;
        lastFault = why;
        listeners.forEach(Runnable::run);
    }

    private void accept(MetadataResponse response) {
        ErrorCode whole = ErrorCode.of(response.errorCode());
        if (whole != ErrorCode.NONE) {
            view = ClusterView.of(null, -1, List.of(), view.topics().values(), view.errors());
            failed(whole.toString());
            return;
        }
        failures = 0;
        turn--; // the node that answered is asked again next time
        lastFault = "";
        ClusterView told = ClusterView.read(response);
        TreeMap<String, TopicView> topics = new TreeMap<>();
        TreeMap<String, ErrorCode> errors = new TreeMap<>();
        SortedSet<String> some = asked;
        if (some == null) {
            lastOfAllMs = lastDoneMs;
        } else {
            topics.putAll(view.topics());
            errors.putAll(view.errors());
            topics.keySet().removeAll(some);
            errors.keySet().removeAll(some);
        }
        told.topics().forEach((name, topic) -> topics.put(name, withoutSteppingBack(topic)));
        errors.putAll(told.errors());
        (some == null ? watched : some).stream().filter(name -> name.length() > LONGEST_TOPIC)
                .forEach(name -> errors.put(name, ErrorCode.INVALID_TOPIC_EXCEPTION));
        publish(ClusterView.of(
                told.clusterId(), told.controllerId(), told.nodes().values(), topics.values(), errors));
    }

    /// A broker may be behind another one that named a later leader before: per partition, the later epoch stays.
    /// Without ids nobody can tell that from a topic that was made again, whose epochs begin anew: the latest answer
    /// counts.
    private TopicView withoutSteppingBack(TopicView told) {
        TopicView before = view.topic(told.name());
        if (before == null || !told.hasId() || !before.id().equals(told.id())) {
            return told;
        }
        List<PartitionView> partitions = new ArrayList<>();
        for (PartitionView partition : told.partitions()) {
            PartitionView known = before.partition(partition.partition());
            boolean stale = known != null && partition.leaderEpoch() >= 0
                    && partition.leaderEpoch() < known.leaderEpoch();
            partitions.add(stale ? known : partition);
        }
        return new TopicView(told.name(), told.id(), told.internal(), List.copyOf(partitions));
    }

    private void publish(ClusterView next) {
        view = next;
        listeners.forEach(Runnable::run);
    }

    private List<Node> candidates() {
        List<Node> candidates = new ArrayList<>(view.nodes().values());
        if (candidates.isEmpty() || failures >= candidates.size()) {
            candidates.addAll(config.bootstrap());
        }
        return candidates;
    }
}
