package dev.lifeboat.verify.evidence;

/** The page of a note. */
final class NotePage {
  private NotePage() {}

  static EvidenceFile.Page of(Evidence evidence, Note note, String writer, String key) {
    Html html = Pages.begin("Note on " + note.on());
    html.raw("<header><p class=\"soft\">Note on evidence</p><h1>")
        .text(note.on())
        .raw("</h1></header>");
    html.el("p", note.text()).raw("<dl>");
    Pages.pair(html, "By", note.by());
    Pages.pair(html, "When", Pages.time(evidence.created()));
    if (note.closes()) {
      Pages.pair(html, "Closes", note.on());
    }
    if (!note.owner().isBlank()) {
      Pages.pair(html, "Owner", note.owner());
    }
    note.due().ifPresent(due -> Pages.pair(html, "Due", due.toString()));
    note.retest().ifPresent(id -> Pages.pair(html, "Shown mended by", id));
    html.raw("</dl>\n");
    return Pages.end(html, evidence, writer, key);
  }
}
