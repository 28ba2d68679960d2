-- expct: true
SELECT true
