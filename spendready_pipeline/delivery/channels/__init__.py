"""How a message leaves: mail, the services of Apprise, folders and object stores."""
