package io.chapar.cli.cluster;

import io.chapar.cli.process.ProcessIdentity;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.Collections;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What a folder says of the cluster within: its brokers by id, those of them that vote on the metadata, and the
/// settings that all of them get. A broker that has no others votes with nobody.
public record ClusterFile(
        SortedMap<Integer, LocalNode> nodes, SortedSet<Integer> voters, SortedMap<String, String> settings) {
    private static final String FORMAT = "format";
    private static final String FORMAT_1 = "1";
    private static final String NODE = "node.";
    private static final String SETTING = "setting.";
    private static final String VOTERS = "voters";

    public ClusterFile {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    }

    /// For clients: every broker's address.
    public String bootstrap() {
        return nodes.values().stream().map(LocalNode::address).collect(Collectors.joining(","));
    }

    String quorum() {
        return voters.stream().map(this::node).map(LocalNode::quorumEntry).collect(Collectors.joining(","));
    }

    /// Fails where there is none of this id.
    public LocalNode node(int id) {
        LocalNode node = nodes.get(id);
        if (node == null) {
            throw new ClusterFailure("There is no node " + id + ": the cluster has " + nodes.keySet().stream()
                    .map(String::valueOf).collect(Collectors.joining(", ")));
        }
        return node;
    }

    ClusterFile with(LocalNode node) {
        SortedMap<Integer, LocalNode> changed = new TreeMap<>(nodes);
        changed.put(node.id(), node);
        return new ClusterFile(changed, voters, settings);
    }

    String text() throws IOException {
        Properties all = new Properties();
        all.setProperty(FORMAT, FORMAT_1);
        nodes.values().forEach(node -> {
            String prefix = NODE + node.id() + '.';
            all.setProperty(prefix + "port", Integer.toString(node.port()));
            if (node.process() != null) {
                all.setProperty(prefix + "pid", Long.toString(node.process().pid()));
                all.setProperty(prefix + "life", node.process().life());
            }
        });
        all.setProperty(VOTERS, voters.stream().map(String::valueOf).collect(Collectors.joining(",")));
        settings.forEach((key, value) -> all.setProperty(SETTING + key, value));
        StringWriter text = new StringWriter();
        all.store(text, "Written by 'chapar cluster start'; which process is whose, and where it listens.");
        return text.toString();
    }

    /// Fails with what is wrong with the text, as the end of a sentence.
    static ClusterFile read(String text) throws IOException {
        Properties all = new Properties();
        try {
            all.load(new StringReader(text));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (!FORMAT_1.equals(all.getProperty(FORMAT))) {
            throw new IOException("it is of another version of chapar");
        }
        SortedMap<Integer, LocalNode> nodes = new TreeMap<>();
        SortedMap<String, String> settings = new TreeMap<>();
        for (String key : all.stringPropertyNames()) {
            if (key.startsWith(SETTING)) {
                settings.put(key.substring(SETTING.length()), all.getProperty(key));
            } else if (key.startsWith(NODE) && key.endsWith(".port")) {
                LocalNode node = node(key.substring(NODE.length(), key.length() - ".port".length()), all);
                nodes.put(node.id(), node);
            }
        }
        if (nodes.isEmpty()) {
            throw new IOException("it names no node");
        }
        return new ClusterFile(nodes, voters(all, nodes.keySet()), settings);
    }

    /// All of them where it does not say, as in files of before.
    private static SortedSet<Integer> voters(Properties all, Set<Integer> nodes) throws IOException {
        SortedSet<Integer> voters = new TreeSet<>();
        for (String voter : all.getProperty(VOTERS, "").split(",", -1)) {
            if (!voter.isBlank()) {
                voters.add((int) number(VOTERS, voter.strip(), Integer.MAX_VALUE));
            }
        }
        if (!nodes.containsAll(voters)) {
            throw new IOException("it names voters " + voters + " that are none of its nodes");
        }
        return voters.isEmpty() ? new TreeSet<>(nodes) : voters;
    }

    private static LocalNode node(String id, Properties all) throws IOException {
        String prefix = NODE + id + '.';
        int port = (int) number(prefix + "port", all.getProperty(prefix + "port"), ClusterPorts.HIGHEST);
        String pid = all.getProperty(prefix + "pid");
        String life = all.getProperty(prefix + "life");
        ProcessIdentity process = pid == null || life == null ? null
                : new ProcessIdentity(number(prefix + "pid", pid, Long.MAX_VALUE), life);
        return new LocalNode((int) number(NODE, id, Integer.MAX_VALUE), port, process);
    }

    private static long number(String key, @Nullable String text, long most) throws IOException {
        try {
            long number = Long.parseLong(String.valueOf(text));
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IOException("'" + key + "' has no number: " + text, e);
        }
        throw new IOException("'" + key + "' is out of bounds: " + text);
    }
}
