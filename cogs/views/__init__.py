"""What several cogs show or ask: answers, buttons, forms, and sentences for errors."""
