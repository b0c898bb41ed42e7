"""The digest of parked messages in SQL, for the migrations that brought it: `Message.digest` says the same.

For what is parked already, and for what replicas of the release before park beside new ones: they know of no digest.
"""

_DIGEST = "sha256(sha256({of}.key) || sha256({of}.headers) || coalesce(sha256({of}.value), ''))"

FILL = (
    f"""
    CREATE OR REPLACE FUNCTION fill_parked_digest() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.digest := {_DIGEST.format(of="NEW")};
        RETURN NEW;
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER fill_parked_digest BEFORE INSERT ON parked_message
        FOR EACH ROW WHEN (NEW.digest = '') EXECUTE FUNCTION fill_parked_digest()
    """,
)
"""Trigger and function go once no release without digests is left."""
FILL_EARLIER = f"""
    DO $$
    DECLARE
        reached bigint := 0;
    BEGIN
        LOOP
            WITH batch AS (
                SELECT id FROM parked_message WHERE id > reached ORDER BY id LIMIT 200
            ), filled AS (
                UPDATE parked_message AS parked SET digest = {_DIGEST.format(of="parked")}
                FROM batch WHERE parked.id = batch.id AND parked.digest = ''
            )
            SELECT max(id) INTO reached FROM batch;
            EXIT WHEN reached IS NULL;
            COMMIT;
        END LOOP;
    END $$
"""
"""In batches, each a transaction of its own, while others park and release; run again, it does what is left."""
DROP = ("DROP TRIGGER fill_parked_digest ON parked_message", "DROP FUNCTION fill_parked_digest()")
