"""The pages people read: French and English, without JavaScript, on a phone too."""
