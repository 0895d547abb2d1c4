package dev.lifeboat.sources.postgres;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a database consists of, as listings that are equal in two databases of the same major
 * version when one was restored from the other.
 *
 * <p>Texts of expressions and views are not among it: PostgreSQL rewrites some of them once when
 * they are loaded, with the same meaning. Numbers of objects are not, nor anything of the system or
 * of an extension.
 */
final class Catalogue {
  private static final String RELATIONS =
      """
      SELECT concat_ws(' ', c.relkind, c.relpersistence, format('%I.%I', n.nspname, c.relname),
        'owner', quote_ident(pg_get_userbyid(c.relowner)), 'options', array_to_string(c.reloptions, ','),
        'am', (SELECT amname FROM pg_am WHERE oid = c.relam), 'identity', c.relreplident,
        CASE WHEN c.relrowsecurity THEN 'rls' END, CASE WHEN c.relforcerowsecurity THEN 'forced' END,
        CASE WHEN c.relispopulated THEN 'populated' END,
        'bound', pg_get_expr(c.relpartbound, c.oid),
        'parents', (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno)
                    FROM pg_inherits i WHERE i.inhrelid = c.oid),
        'acl', (SELECT string_agg(x, ',' ORDER BY x COLLATE "C") FROM (
                  SELECT concat(CASE a.grantee WHEN 0 THEN 'PUBLIC'
                                ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                                ':', a.privilege_type, CASE WHEN a.is_grantable THEN '*' END) AS x
                  FROM aclexplode(coalesce(c.relacl, acldefault(
                    CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) a) y))
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN (%s) AND c.oid >= 16384 AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                        AND d.objid = c.oid AND d.deptype = 'e')
      """;

  private Catalogue() {}

  /** Name of a listing to the query of its lines. */
  static Map<String, String> listings() {
    Map<String, String> listings = new LinkedHashMap<>();
    listings.put("tables", RELATIONS.replace("%s", "'r', 'p', 'f'"));
    listings.put("views", RELATIONS.replace("%s", "'v', 'm'"));
    listings.put("sequences", RELATIONS.replace("%s", "'S'"));
    listings.put(
        "sequence parameters",
        """
        SELECT concat_ws(' ', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement,
                         s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
        FROM pg_sequence s WHERE s.seqrelid >= 16384
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = s.seqrelid AND d.deptype = 'e')
        """);
    listings.put(
        "columns",
        """
        SELECT concat_ws(' ', format('%I.%I.%I', n.nspname, c.relname, a.attname),
          format_type(a.atttypid, a.atttypmod), 'collation', CASE WHEN a.attcollation <> 0
            THEN a.attcollation::regcollation::text END,
          CASE WHEN a.attnotnull THEN 'not null' END, CASE WHEN a.atthasdef THEN 'default' END,
          'identity', a.attidentity, 'generated', a.attgenerated, 'storage', a.attstorage,
          'acl', (SELECT string_agg(x, ',' ORDER BY x COLLATE "C") FROM (
                    SELECT concat(CASE e.grantee WHEN 0 THEN 'PUBLIC'
                                  ELSE quote_ident(pg_get_userbyid(e.grantee)) END,
                                  ':', e.privilege_type, CASE WHEN e.is_grantable THEN '*' END) AS x
                    FROM aclexplode(a.attacl) e) y))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384
          AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
          AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
        """);
    listings.put(
        "indexes",
        """
        SELECT concat_ws(' ', i.indexrelid::regclass, i.indrelid::regclass, am.amname, i.indnatts,
          i.indnkeyatts, CASE WHEN i.indisunique THEN 'unique' END,
          CASE WHEN i.indisprimary THEN 'primary' END, CASE WHEN i.indisclustered THEN 'clustered' END,
          CASE WHEN i.indpred IS NOT NULL THEN 'partial' END,
          CASE WHEN i.indexprs IS NOT NULL THEN 'expression' END)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
          JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND c.relpersistence <> 't'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = i.indrelid AND d.deptype = 'e')
        """);
    listings.put(
        "constraints",
        identities(
            "pg_constraint",
            "concat_ws(' ', o.contype, o.condeferrable, o.condeferred, o.convalidated,"
                + " o.confupdtype, o.confdeltype)"));
    listings.put(
        "triggers", identities("pg_trigger", "o.tgenabled").strip() + " AND NOT o.tgisinternal");
    listings.put(
        "functions",
        identities(
            "pg_proc",
            """
            concat_ws(' ', o.prokind, (SELECT lanname FROM pg_language l WHERE l.oid = o.prolang),
              o.provolatile, o.proparallel, o.proisstrict, o.prosecdef, o.proretset,
              quote_ident(pg_get_userbyid(o.proowner)), array_to_string(o.proconfig, ','),
              md5(o.prosrc),
              (SELECT string_agg(x, ',' ORDER BY x COLLATE "C") FROM (
                 SELECT concat(CASE e.grantee WHEN 0 THEN 'PUBLIC'
                               ELSE quote_ident(pg_get_userbyid(e.grantee)) END,
                               ':', e.privilege_type) AS x
                 FROM aclexplode(coalesce(o.proacl, acldefault('f', o.proowner))) e) y))
            """));
    listings.put(
        "types",
        identities(
                "pg_type",
                """
                concat_ws(' ', o.typtype, quote_ident(pg_get_userbyid(o.typowner)), o.typnotnull,
                  (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = o.oid))
                """)
            // Row types of tables, views and sequences come with them; array types with theirs. The
            // names of both can depend on the order in which things were made.
            + " AND o.typelem = 0 AND (o.typrelid = 0 OR EXISTS (SELECT FROM pg_class c"
            + " WHERE c.oid = o.typrelid AND c.relkind = 'c'))");
    listings.put("rules", identities("pg_rewrite", "o.ev_enabled"));
    listings.put("policies", identities("pg_policy", "concat_ws(' ', o.polcmd, o.polpermissive)"));
    listings.put(
        "event triggers",
        "SELECT concat_ws(' ', quote_ident(evtname), evtevent, evtenabled, evtfoid::regprocedure,"
            + " array_to_string(evttags, ',')) FROM pg_event_trigger WHERE oid >= 16384");
    listings.put(
        "publications",
        "SELECT to_jsonb(p) - 'oid' - 'pubowner' || jsonb_build_object('tables',"
            + " (SELECT jsonb_agg(r.prrelid::regclass ORDER BY r.prrelid::regclass::text"
            + " COLLATE \"C\") FROM pg_publication_rel r WHERE r.prpubid = p.oid))"
            + " FROM pg_publication p");
    for (String catalogue :
        new String[] {
          "pg_operator",
          "pg_cast",
          "pg_collation",
          "pg_conversion",
          "pg_opclass",
          "pg_opfamily",
          "pg_ts_config",
          "pg_ts_dict",
          "pg_ts_parser",
          "pg_ts_template",
          "pg_foreign_data_wrapper",
          "pg_foreign_server",
          "pg_language",
          "pg_statistic_ext",
          "pg_default_acl",
          "pg_transform"
        }) {
      listings.put(catalogue.substring(3), identities(catalogue, "NULL"));
    }
    listings.put(
        "comments",
        """
        SELECT i.type || ' ' || i.identity || ' ' || md5(d.description)
        FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
        WHERE d.objoid >= 16384
          AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid
                          AND e.objid = d.objoid AND e.deptype = 'e')
          AND d.classoid <> 'pg_extension'::regclass
        """);
    return listings;
  }

  /** Of a system catalogue, everything that has an identity and was made by somebody. */
  private static String identities(String catalogue, String more) {
    return """
    SELECT i.identity || coalesce(' ' || (%2$s)::text, '')
    FROM pg_catalog.%1$s o,
         LATERAL pg_identify_object('pg_catalog.%1$s'::regclass, o.oid, 0) i
    WHERE o.oid >= 16384
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.%1$s'::regclass
                      AND d.objid = o.oid AND d.deptype = 'e')
    """
        .formatted(catalogue, more);
  }
}
