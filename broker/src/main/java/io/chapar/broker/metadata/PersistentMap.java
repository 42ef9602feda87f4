package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

import static java.util.Objects.requireNonNull;

/// A map in the order of its keys that never changes: [#with] and [#without] give another one, which shares with this
/// all but the path to what differs. So one change of a large cluster costs as little as one of a small one.
///
/// A balanced tree (AVL): its depth does not depend on which keys come in which order.
public final class PersistentMap<K extends Comparable<? super K>, V> extends AbstractMap<K, V> {
    private static final PersistentMap<?, ?> EMPTY = new PersistentMap<>(null);

    private final @Nullable Node<K, V> root;

    private record Node<K, V>(K key, V value, @Nullable Node<K, V> left, @Nullable Node<K, V> right, int height,
            int size) {
        Node(K key, V value, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
            this(key, value, left, right,
                    1 + Math.max(heightOf(left), heightOf(right)), 1 + sizeOf(left) + sizeOf(right));
        }

        static int heightOf(@Nullable Node<?, ?> node) {
            return node == null ? 0 : node.height;
        }

        static int sizeOf(@Nullable Node<?, ?> node) {
            return node == null ? 0 : node.size;
        }
    }

    private PersistentMap(@Nullable Node<K, V> root) {
        this.root = root;
    }

    @SuppressWarnings("unchecked") // it holds nothing
    public static <K extends Comparable<? super K>, V> PersistentMap<K, V> empty() {
        return (PersistentMap<K, V>) EMPTY;
    }

    public PersistentMap<K, V> with(K key, V value) {
        return new PersistentMap<>(put(root, key, value));
    }

    public PersistentMap<K, V> without(K key) {
        return containsKey(key) ? new PersistentMap<>(remove(root, key)) : this;
    }

    private static <K extends Comparable<? super K>, V> Node<K, V> put(@Nullable Node<K, V> at, K key, V value) {
        if (at == null) {
            return new Node<>(key, value, null, null);
        }
        int order = key.compareTo(at.key);
        if (order == 0) {
            return new Node<>(key, value, at.left, at.right);
        }
        return order < 0
                ? balanced(at, put(at.left, key, value), at.right)
                : balanced(at, at.left, put(at.right, key, value));
    }

    private static <K extends Comparable<? super K>, V> @Nullable Node<K, V> remove(@Nullable Node<K, V> at, K key) {
        if (at == null) {
            return null;
        }
        int order = key.compareTo(at.key);
        if (order < 0) {
            return balanced(at, remove(at.left, key), at.right);
        }
        if (order > 0) {
            return balanced(at, at.left, remove(at.right, key));
        }
        if (at.left == null || at.right == null) {
            return at.left == null ? at.right : at.left;
        }
        Node<K, V> next = at.right;
        while (next.left != null) {
            next = next.left;
        }
        return balanced(next, at.left, remove(at.right, next.key));
    }

    /// The key and value of `at` above two trees whose heights differ by two at most.
    private static <K, V> Node<K, V> balanced(Node<K, V> at, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
        int lean = Node.heightOf(left) - Node.heightOf(right);
        if (left != null && lean > 1) {
            Node<K, V> up = Node.heightOf(left.left) >= Node.heightOf(left.right) ? left : turnedLeft(left);
            return new Node<>(up.key, up.value, up.left, new Node<>(at.key, at.value, up.right, right));
        }
        if (right != null && lean < -1) {
            Node<K, V> up = Node.heightOf(right.right) >= Node.heightOf(right.left) ? right : turnedRight(right);
            return new Node<>(up.key, up.value, new Node<>(at.key, at.value, left, up.left), up.right);
        }
        return new Node<>(at.key, at.value, left, right);
    }

    private static <K, V> Node<K, V> turnedLeft(Node<K, V> at) {
        Node<K, V> up = requireNonNull(at.right, "the higher side is turned up");
        return new Node<>(up.key, up.value, new Node<>(at.key, at.value, at.left, up.left), up.right);
    }

    private static <K, V> Node<K, V> turnedRight(Node<K, V> at) {
        Node<K, V> up = requireNonNull(at.left, "the higher side is turned up");
        return new Node<>(up.key, up.value, up.left, new Node<>(at.key, at.value, up.right, at.right));
    }

    @Override
    public @Nullable V get(Object key) {
        Node<K, V> found = find(key);
        return found == null ? null : found.value;
    }

    @Override
    public boolean containsKey(Object key) {
        return find(key) != null;
    }

    @SuppressWarnings("unchecked") // as the contract of Map has it: the caller's key is of this type
    private @Nullable Node<K, V> find(Object key) {
        K sought = (K) key;
        Node<K, V> at = sought == null ? null : root;
        while (at != null) {
            int order = sought.compareTo(at.key);
            if (order == 0) {
                return at;
            }
            at = order < 0 ? at.left : at.right;
        }
        return null;
    }

    @Override
    public int size() {
        return Node.sizeOf(root);
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return PersistentMap.this.size();
            }

            @Override
            public Iterator<Entry<K, V>> iterator() {
                return new Ascending<>(root);
            }
        };
    }

    private static final class Ascending<K, V> implements Iterator<Entry<K, V>> {
        private final ArrayDeque<Node<K, V>> path = new ArrayDeque<>();

        Ascending(@Nullable Node<K, V> root) {
            descend(root);
        }

        private void descend(@Nullable Node<K, V> from) {
            for (Node<K, V> at = from; at != null; at = at.left) {
                path.push(at);
            }
        }

        @Override
        public boolean hasNext() {
            return !path.isEmpty();
        }

        @Override
        public Entry<K, V> next() {
            if (path.isEmpty()) {
                throw new NoSuchElementException();
            }
            Node<K, V> at = path.pop();
            descend(at.right);
            return Map.entry(at.key, at.value);
        }
    }
}
