package io.chapar.bench.plots;

import java.util.Locale;

/// A picture as SVG: for each figure two bars, the longer of which is as long as there is room, so that what one sees
/// is the ratio. Readable on light and on dark pages, and by a screen reader.
final class Drawing {
    private static final int WIDTH = 920;
    private static final int MARGIN = 16;
    private static final int BARS_AT = 372;
    private static final int BARS_WIDTH = 310;
    private static final int BAR = 10;
    private static final int ROW = 34;
    private static final int TOP = 72;
    private static final int FOOT = 34;
    private static final String STYLE = """
            text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
            .title { font-size: 16px; font-weight: 600; }
            .small { font-size: 11px; fill: #59636e; }
            .gain { font-weight: 600; }
            .chapar { fill: #0f766e; }
            .kafka { fill: #9aa4b2; }
            .line { stroke: #d1d9e0; }
            @media (prefers-color-scheme: dark) {
              text { fill: #e6edf3; }
              .small { fill: #9198a1; }
              .chapar { fill: #2dd4bf; }
              .kafka { fill: #6e7681; }
              .line { stroke: #3d444d; }
            }
            """;

    private final StringBuilder svg = new StringBuilder();

    String of(Picture picture) {
        int height = TOP + picture.rows().size() * ROW + FOOT;
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(WIDTH).append("\" height=\"")
                .append(height).append("\" viewBox=\"0 0 ").append(WIDTH).append(' ').append(height)
                .append("\" role=\"img\" aria-labelledby=\"title\">\n");
        svg.append("<title id=\"title\">").append(escaped(picture.title() + ": " + picture.chapar() + " and "
                + picture.kafka())).append("</title>\n<style>\n").append(STYLE).append("</style>\n");
        text("title", MARGIN, 28, picture.title());
        legend(picture);
        int y = TOP;
        for (Picture.Row row : picture.rows()) {
            row(row, y);
            y += ROW;
        }
        text("small", MARGIN, height - 12, picture.footer());
        return svg.append("</svg>\n").toString();
    }

    private void legend(Picture picture) {
        bar("chapar", MARGIN, 44, 12);
        text("", MARGIN + 18, 53, picture.chapar());
        bar("kafka", MARGIN + 180, 44, 12);
        text("", MARGIN + 198, 53, picture.kafka());
        text("small", WIDTH - MARGIN - 92, 53, "times better");
    }

    private void row(Picture.Row row, int y) {
        svg.append("<line class=\"line\" x1=\"").append(MARGIN).append("\" x2=\"").append(WIDTH - MARGIN)
                .append("\" y1=\"").append(y).append("\" y2=\"").append(y).append("\"/>\n");
        text("", MARGIN, y + 21, row.what());
        one("chapar", row.chapar(), row, y + 5);
        one("kafka", row.kafka(), row, y + 19);
        row.gain().ifPresent(gain -> text("gain", WIDTH - MARGIN - 92, y + 21, number(gain)));
    }

    private void one(String system, double value, Picture.Row row, int y) {
        if (Double.isNaN(value)) {
            return;
        }
        int length = Math.max(1, (int) Math.round(value / row.largest() * BARS_WIDTH));
        bar(system, BARS_AT, y, length);
        text("small", BARS_AT + length + 5, y + BAR - 1, (number(value) + " " + row.unit()).strip());
    }

    private void bar(String system, int x, int y, int length) {
        svg.append("<rect class=\"").append(system).append("\" x=\"").append(x).append("\" y=\"").append(y)
                .append("\" width=\"").append(length).append("\" height=\"").append(BAR).append("\" rx=\"1\"/>\n");
    }

    private void text(String style, int x, int y, String what) {
        svg.append("<text").append(style.isEmpty() ? "" : " class=\"" + style + "\"").append(" x=\"").append(x)
                .append("\" y=\"").append(y).append("\">").append(escaped(what)).append("</text>\n");
    }

    /// Three digits that count.
    private static String number(double value) {
        String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
