package io.chapar.broker.backup;

import io.chapar.broker.log.LogCut;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How whoever makes a backup and the running broker speak to each other: through files of the data folder, which
/// nobody reaches who could not read the data anyhow.
///
/// ```
/// backup.wanted           who asks: an id of 32 hexadecimal digits. Locked by the process that asks, as long as it is
///                         there; a file that nobody has locked is what one left that was killed
/// backup-ID.cut/          the answer: second names of all files of one moment, and the file `cut`, which lists them
/// backup-ID.cut.tmp/      an answer that is being made
/// backup-ID.refused       or why there is none, a sentence
/// ```
/// The broker deletes answers when the question is gone, and at its start.
public final class CutFiles {
    public static final String WANTED = "backup.wanted";
    public static final String LIST = "cut";
    static final int MOST_ID_BYTES = 64;
    private static final String END = "end of the cut";
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern MINE = Pattern.compile("backup-[0-9a-f]{32}\\.(cut|cut\\.tmp|refused)");
    private static final Pattern LINE = Pattern.compile("(-1|[0-9]{1,18}) (.+)");
    private static final Pattern STEP = Pattern.compile("[^/\\\\\\x00]{1,255}");

    private CutFiles() {}

    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    public static String cut(String id) {
        return "backup-" + id + ".cut";
    }

    /// Whether the name is that of an answer which is finished.
    static boolean isCut(String name) {
        return MINE.matcher(name).matches() && name.endsWith(".cut");
    }

    static String unfinished(String id) {
        return cut(id) + ".tmp";
    }

    public static String refused(String id) {
        return "backup-" + id + ".refused";
    }

    /// Whether the name in a data folder is of what belongs to no broker's data but to a backup under way.
    public static boolean isOfBackup(String name) {
        return name.startsWith(WANTED) || MINE.matcher(name).matches();
    }

    /// Whether it is a path below a folder, wherever that is: who copies may reach more than whoever wrote it.
    public static boolean isBelow(String path) {
        for (String step : path.split("/", -1)) {
            if (!STEP.matcher(step).matches() || step.equals(".") || step.equals("..")) {
                return false;
            }
        }
        return true;
    }

    static ByteBuffer list(List<LogCut.Kept> files) {
        StringBuilder text = new StringBuilder();
        files.forEach(file -> text.append(file.size()).append(' ').append(file.path()).append('\n'));
        return ByteBuffer.wrap(text.append(END).append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    /// Throws [IllegalArgumentException] for a text that is not from [#list].
    public static List<LogCut.Kept> files(String text) {
        List<LogCut.Kept> files = new ArrayList<>();
        for (String line : text.split("\n")) {
            if (line.equals(END)) {
                return files;
            }
            Matcher parts = LINE.matcher(line);
            if (!parts.matches() || !isBelow(parts.group(2))) {
                throw new IllegalArgumentException("the broker's list of files is damaged");
            }
            files.add(new LogCut.Kept(parts.group(2), Long.parseLong(parts.group(1))));
        }
        throw new IllegalArgumentException("the broker's list of files has no end");
    }
}
