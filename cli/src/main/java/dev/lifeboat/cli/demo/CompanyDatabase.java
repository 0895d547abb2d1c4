package dev.lifeboat.cli.demo;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The company's database: customers and their orders, in H2 or PostgreSQL. */
final class CompanyDatabase {
  private static final int CUSTOMERS = 2_000;
  private static final int ORDERS = 20_000;
  private static final LocalDate FIRST_DAY = LocalDate.of(2025, 1, 1);

  private final String url;
  private final String user;
  private final Random random = new Random(7);

  CompanyDatabase(String url, String user) {
    this.url = url;
    this.user = user;
  }

  /** An H2 database in a file. */
  static CompanyDatabase h2(Path file) {
    return new CompanyDatabase("jdbc:h2:" + file, "sa");
  }

  String url() {
    return url;
  }

  void make() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE customer (id INT PRIMARY KEY, name VARCHAR(80) NOT NULL, since DATE NOT NULL)");
      statement.execute(
          "CREATE TABLE orders (id INT PRIMARY KEY, customer INT NOT NULL REFERENCES customer (id), item VARCHAR(40), amount NUMERIC(12, 2), placed DATE)");
      statement.execute("CREATE INDEX orders_by_customer ON orders (customer)");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO customer VALUES (?, ?, ?)")) {
        for (int id = 1; id <= CUSTOMERS; id++) {
          insert.setInt(1, id);
          insert.setString(
              2, "Customer №%d %s".formatted(id, Long.toString(random.nextLong(), 36)));
          insert.setDate(3, Date.valueOf(FIRST_DAY.plusDays(random.nextInt(600))));
          insert.addBatch();
        }
        insert.executeBatch();
      }
      order(connection, 1, ORDERS);
    }
  }

  /** A day of business. */
  void live() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE orders SET amount = amount + 1 WHERE id % 500 = 0");
      statement.execute("DELETE FROM orders WHERE id % 1999 = 0");
      order(connection, ORDERS + 1, ORDERS + 300);
    }
  }

  private void order(Connection connection, int from, int to) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO orders VALUES (?, ?, ?, ?, ?)")) {
      for (int id = from; id <= to; id++) {
        insert.setInt(1, id);
        insert.setInt(2, 1 + random.nextInt(CUSTOMERS));
        insert.setString(3, "item " + random.nextInt(900));
        insert.setBigDecimal(4, BigDecimal.valueOf(random.nextInt(1_000_000), 2));
        insert.setDate(5, Date.valueOf(FIRST_DAY.plusDays(random.nextInt(690))));
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** Every row of every table, as text, in order of the keys. */
  List<String> rows() throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String table : List.of("customer", "orders")) {
        try (ResultSet result = statement.executeQuery("SELECT * FROM " + table + " ORDER BY id")) {
          int columns = result.getMetaData().getColumnCount();
          while (result.next()) {
            StringBuilder row = new StringBuilder(table);
            for (int i = 1; i <= columns; i++) {
              row.append('|').append(result.getString(i));
            }
            rows.add(row.toString());
          }
        }
      }
    }
    return rows;
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url, user, "");
  }
}
