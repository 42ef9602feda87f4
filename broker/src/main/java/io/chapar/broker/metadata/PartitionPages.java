package io.chapar.broker.metadata;

import java.util.AbstractList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.Set;
import java.util.function.UnaryOperator;

/// The partitions of a topic, in pages: what differs from an older list copies the pages that differ, no more. Never
/// changes.
final class PartitionPages extends AbstractList<PartitionImage> implements RandomAccess {
    private static final int PAGE = 256;
    static final PartitionPages NONE = new PartitionPages(new PartitionImage[0][], 0);

    private final PartitionImage[][] pages;
    private final int size;

    private PartitionPages(PartitionImage[][] pages, int size) {
        this.pages = pages;
        this.size = size;
    }

    static PartitionPages of(List<PartitionImage> partitions) {
        return partitions instanceof PartitionPages pages ? pages : NONE.plus(partitions);
    }

    @Override
    public PartitionImage get(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        return pages[index / PAGE][index % PAGE];
    }

    @Override
    public int size() {
        return size;
    }

    PartitionPages plus(List<PartitionImage> more) {
        int total = Math.addExact(size, more.size());
        PartitionImage[][] all = new PartitionImage[Math.ceilDiv(total, PAGE)][];
        for (int page = 0; page < all.length; page++) {
            int first = page * PAGE;
            int length = Math.min(PAGE, total - first);
            if (first + length <= size && pages[page].length == length) {
                all[page] = pages[page];
                continue;
            }
            all[page] = new PartitionImage[length];
            for (int i = 0; i < length; i++) {
                all[page][i] = first + i < size ? get(first + i) : more.get(first + i - size);
            }
        }
        return new PartitionPages(all, total);
    }

    /// With other ones at these numbers; pages where nothing changes are those of this list.
    PartitionPages with(Map<Integer, PartitionImage> changed) {
        PartitionImage[][] all = pages.clone();
        Set<Integer> copied = new HashSet<>();
        changed.forEach((index, is) -> {
            int page = Objects.checkIndex(index, size) / PAGE;
            if (copied.add(page)) {
                all[page] = pages[page].clone();
            }
            all[page][index % PAGE] = is;
        });
        return new PartitionPages(all, size);
    }

    /// With what `change` makes of each; pages where nothing changes are those of this list.
    PartitionPages map(UnaryOperator<PartitionImage> change) {
        PartitionImage[][] all = pages.clone();
        for (int page = 0; page < pages.length; page++) {
            PartitionImage[] copy = null;
            for (int i = 0; i < pages[page].length; i++) {
                PartitionImage was = pages[page][i];
                PartitionImage is = change.apply(was);
                if (!is.equals(was)) {
                    if (copy == null) {
                        copy = pages[page].clone();
                        all[page] = copy;
                    }
                    copy[i] = is;
                }
            }
        }
        return new PartitionPages(all, size);
    }
}
