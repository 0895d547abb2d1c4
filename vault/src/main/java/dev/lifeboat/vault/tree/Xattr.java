package dev.lifeboat.vault.tree;

/** An extended attribute: a name with its namespace, such as {@code user.comment}, and a value. */
public record Xattr(String name, Bytes value) {}
