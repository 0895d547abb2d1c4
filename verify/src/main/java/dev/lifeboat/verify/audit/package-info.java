/**
 * The audit trail: who did what with the data of customers, and who changed what protects them.
 *
 * <p>Words: a <em>record</em> is one line of JSON. A <em>chain</em> is the records of one home,
 * each naming the one before it by its SHA-256; the <em>trail</em> is the file that it lies in. A
 * record is signed when the key of the host is at hand, and a signed record vouches for all before
 * it. A <em>copy</em> is some lines of a chain in the vault, byte for byte.
 *
 * <p>It shows what was changed, left out, moved or cut off after it was written and copied. It does
 * not stop whoever may write the home from not writing, and not from cutting off what was never
 * copied.
 */
@NullMarked
package dev.lifeboat.verify.audit;

import org.jspecify.annotations.NullMarked;
