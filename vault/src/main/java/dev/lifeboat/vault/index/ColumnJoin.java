package dev.lifeboat.vault.index;

import dev.lifeboat.vault.Digest;
import java.util.List;

/**
 * Holds ascending digests against columns, in one pass and with no more memory than a position in
 * each. For one thread.
 */
public final class ColumnJoin {
  private final List<? extends Column> columns;
  private final int[] rows;

  /** Told of rows that have the digest in hand. */
  public interface Match {
    void row(int column, int row);
  }

  public ColumnJoin(List<? extends Column> columns) {
    this.columns = List.copyOf(columns);
    this.rows = new int[columns.size()];
  }

  /**
   * Goes on to a digest.
   *
   * @param digest above all earlier ones
   * @param match called for every row that equals it, column by column
   */
  public void next(Digest digest, Match match) {
    for (int i = 0; i < rows.length; i++) {
      Column column = columns.get(i);
      int size = column.size();
      int row = rows[i];
      int order = -1;
      while (row < size) {
        order = column.compare(row, digest);
        if (order >= 0) {
          break;
        }
        row++;
      }
      while (row < size && order == 0) {
        match.row(i, row);
        row++;
        order = row < size ? column.compare(row, digest) : 1;
      }
      rows[i] = row;
    }
  }
}
