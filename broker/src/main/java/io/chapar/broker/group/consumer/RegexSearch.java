package io.chapar.broker.group.consumer;

import io.chapar.broker.pattern.NamePattern;

import java.util.Iterator;
import java.util.SortedSet;
import java.util.TreeSet;

/// The look through all names of topics for those that match an expression, some at a time.
public final class RegexSearch {
    private final String regex;
    private final NamePattern pattern;
    private final long version;
    private final Iterator<String> left;
    private final SortedSet<String> found = new TreeSet<>();

    /// Throws [io.chapar.broker.pattern.PatternFault] where that is no expression.
    public RegexSearch(String regex, TopicDirectory directory) {
        this.regex = regex;
        this.pattern = NamePattern.of(regex);
        this.version = directory.version();
        this.left = directory.names().iterator();
    }

    /// @param steps of the expression that may be made; of one name more at the most
    /// @return how many are left
    public long look(long steps) {
        long until = pattern.steps() + steps;
        while (left.hasNext() && pattern.steps() < until) {
            String name = left.next();
            if (pattern.matches(name)) {
                found.add(name);
            }
        }
        return Math.max(0, until - pattern.steps());
    }

    public boolean isDone() {
        return !left.hasNext();
    }

    public ConsumerGroupRecord.RegexSet result(String groupId, long nowMs) {
        return new ConsumerGroupRecord.RegexSet(groupId, regex, new TreeSet<>(found), version, nowMs);
    }
}
